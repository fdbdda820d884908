// One process of the fuzzer: does what its parent asks, one thing at a time, and notes before each input which one it is, so
// that the parent knows it when this process hangs or dies.
import { openSync, writeSync } from 'node:fs';
import { writeInput } from './cases.ts';
import { execute, executeCases, makeInput, type Executed, type Share } from './execute.ts';
import type { Opened } from './target.ts';
import { targets } from './targets/index.ts';

export type Asked =
  | { readonly kind: 'cases'; readonly target: string }
  | { readonly kind: 'share'; readonly target: string; readonly share: Share }
  /** Only makes an input. */
  | { readonly kind: 'make'; readonly target: string; readonly seed: number; readonly at: number };

export type Answered =
  | { readonly kind: 'executed'; readonly executed: Executed }
  | { readonly kind: 'made'; readonly input: string };

const [progressFile = ''] = process.argv.slice(2);
const progress = openSync(progressFile, 'r+');
const number = new Float64Array(1);
const bytes = new Uint8Array(number.buffer);

function note(at: number): void {
  number[0] = at;
  writeSync(progress, bytes, 0, bytes.length, 0);
}

let open: { readonly name: string; readonly opened: Opened } | undefined;

async function openedOf(name: string): Promise<Opened> {
  if (open?.name === name) return open.opened;
  await open?.opened.close?.();
  open = undefined;
  const target = targets.find((t) => t.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  open = { name, opened: await target.open() };
  return open.opened;
}

async function answer(asked: Asked): Promise<Answered> {
  const opened = await openedOf(asked.target);
  switch (asked.kind) {
    case 'cases':
      return { kind: 'executed', executed: await executeCases(asked.target, opened) };
    case 'share':
      return { kind: 'executed', executed: await execute(asked.target, opened, asked.share, note) };
    case 'make':
      return { kind: 'made', input: writeInput(makeInput(asked.target, opened, asked.seed, asked.at)) };
  }
}

process.on('message', (asked: Asked) => {
  answer(asked).then(
    (answered) => process.send?.(answered),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// The parent has gone, or wants no more.
process.on('disconnect', () => {
  void Promise.resolve(open?.opened.close?.()).then(() => process.exit(0));
});
