// Smaller inputs that still fail in the same way. Knows nothing of what an input means: pieces go, texts become shorter,
// numbers smaller.
import { isPlain, object } from './mutate/value.ts';
import type { Input } from './target.ts';

/** Executions that one shrinking may take. */
const maxAttempts = 3000;

/** @param fails whether this input fails as the first one does. */
export async function shrink(input: Input, fails: (input: Input) => Promise<boolean>): Promise<Input> {
  let best = input;
  let attempts = 0;
  for (;;) {
    let better = false;
    for (const candidate of smaller(best)) {
      if (++attempts > maxAttempts) return best;
      if (!(await fails(candidate))) continue;
      best = candidate;
      better = true;
      break;
    }
    if (!better) return best;
  }
}

/** Simpler inputs, the boldest first. Each is smaller by some measure, so that shrinking ends. */
export function* smaller(input: Input): Generator {
  if (input instanceof Uint8Array) {
    yield* pieces(input.length, (from, to) => {
      const kept = new Uint8Array(input.length - (to - from));
      kept.set(input.subarray(0, from));
      kept.set(input.subarray(to), from);
      return kept;
    });
  } else if (typeof input === 'string') {
    yield* pieces(input.length, (from, to) => input.slice(0, from) + input.slice(to));
  } else if (typeof input === 'number') {
    if (input !== 0 && Number.isFinite(input)) {
      yield 0;
      if (Math.abs(input) > 1) yield Math.trunc(input / 2);
    }
  } else if (Array.isArray(input)) {
    const items: readonly unknown[] = input;
    yield* pieces(items.length, (from, to) => [...items.slice(0, from), ...items.slice(to)]);
    for (const [i, item] of items.entries())
      for (const less of smaller(item)) yield items.map((own, at) => (at === i ? less : own));
  } else if (isPlain(input)) {
    const entries = Object.entries(input);
    for (const [name] of entries) yield object(entries.filter(([own]) => own !== name));
    for (const [name, item] of entries)
      for (const less of smaller(item))
        yield object(entries.map(([own, kept]) => [own, own === name ? less : kept]));
  }
}

/** Without halves, quarters, ... single places. */
function* pieces(length: number, without: (from: number, to: number) => Input): Generator {
  for (let size = length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from < length; from += size) yield without(from, Math.min(length, from + size));
}
