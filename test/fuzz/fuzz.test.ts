// A bounded share of the fuzzer: every kept case, and a fresh seed for every target; and the fuzzer itself, which must find a
// fault that is there, shrink it, find it again from its seed, and survive a target that hangs or dies.
import { randomInt } from 'node:crypto';
import t from 'tap';
import { readInput, writeInput } from './cases.ts';
import { execute, makeInput, type Share } from './execute.ts';
import { fuzz } from './fuzz.ts';
import { Random } from './random.ts';
import { must, type Opened } from './target.ts';
import { targets } from './targets/index.ts';

t.setTimeout(300_000);

const share: Share = { seed: 5, first: 0, step: 1, executions: 5000, seconds: 60 };
const silent = () => undefined;

/** Fails for a text with an "x" behind a digit. */
const planted: Opened = {
  make: (random) => ({
    text: Array.from({ length: 12 }, () => random.pick(['a', 'x', '7', 'é'])).join(''),
    more: random.below(9),
  }),
  run(input) {
    const { text } = input as { readonly text?: unknown };
    if (typeof text === 'string') must(!/\d.*x/.test(text), 'planted', text);
  },
};

t.test('a fault that is there is found, shrunk, and found again from its seed', async (t) => {
  const found = await execute('planted', planted, share, silent);
  t.equal(found.failures.length, 1, 'one fault is one failure, however many inputs show it');
  const [failure] = found.failures;
  t.match(failure?.says, /^planted/);
  t.strictSame(readInput(failure?.shrunk ?? ''), { text: '7x' });
  const again = makeInput('planted', planted, share.seed, failure?.at ?? -1);
  t.equal(writeInput(again), failure?.found, 'its seed and number make the same input');
  t.not(
    writeInput(makeInput('other', planted, share.seed, failure?.at ?? -1)),
    failure?.found,
    'another target has other chance',
  );
  const clean = await execute('planted', { ...planted, run: silent }, share, silent);
  t.match(clean, { executions: 5000, failures: [] });
});

t.test('a seed makes the same chance everywhere', (t) => {
  const words = (...parts: readonly number[]) => {
    const random = new Random(...parts);
    return Array.from({ length: 4 }, () => random.word());
  };
  t.strictSame(words(1, 2, 3), [1981424115, 1669616125, 4203360153, 2902691598]);
  t.strictSame(words(1, 2, 3), words(1, 2, 3));
  t.notSame(words(1, 2, 4), words(1, 2, 3));
  t.notSame(words(1, 2, 3 + 2 ** 32), words(1, 2, 3));
  t.end();
});

t.test('an input is kept as it was', (t) => {
  const odd = [
    undefined,
    -0,
    NaN,
    Infinity,
    2n ** 70n,
    Uint8Array.of(0, 255),
    { $bytes: 'x' },
    { $x: [] },
    '\ud800',
    { a: { b: null } },
  ];
  t.strictSame(readInput(writeInput(odd)), odd);
  t.equal(Object.keys(readInput('{"__proto__":{"a":1}}') as object)[0], '__proto__');
  t.end();
});

const seed = randomInt(2 ** 32);
t.test(`every target, with its kept cases and the fresh seed ${seed}`, async (t) => {
  const names = targets.map((target) => target.name);
  t.equal(new Set(names).size, names.length);
  await fuzz(
    { targets: names, seed, executions: Infinity, seconds: 1, processes: 1 },
    ({ name, executions, failures }) => {
      t.ok(executions > 0, `${name}: ${executions} executions`);
      for (const { at, says, shrunk } of failures)
        t.fail(`${name}: ${says}`, {
          shrunk,
          again: `npm run fuzz -- --target ${name} --seed ${seed} --at ${at ?? '(a kept case)'}`,
        });
    },
  );
});
