// The agent's journal: lines that are torn, turned, moved, left out, doubled; and lines that bear the right hashes and hold what
// no agent would write. What is read is a beginning of what was written, or the damage is named; and what the entries add up to
// survives being written down again.
import { isDeepStrictEqual } from 'node:util';
import { canonicalJson, sha256Hex } from '../../../proto/src/canonical.ts';
import type { Entry } from '../../../agent/src/act/entries.ts';
import { emptyMark, makeLine, readLines } from '../../../agent/src/act/lines.ts';
import { View } from '../../../agent/src/act/view.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { isPlain, mutateValue } from '../mutate/value.ts';
import { must, type Target } from '../target.ts';
import type { Random } from '../random.ts';

type Given =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Lines that follow each other as they should, whatever they hold. */
  | {
      readonly kind: 'entries';
      readonly entries: readonly { readonly entry: unknown; readonly waitMs: unknown }[];
    };

const hash = 'a'.repeat(64);
const intent = (n: number, action: 'stop' | 'start') => ({
  order: `o-${n}`,
  local: n % 3 === 0,
  action,
  uid: `u-${n}`,
  incarnation: `b:${n}:1`,
  runtimeId: `${n}:1`,
  project: `p-${n}`,
  launch: { argv: ['node', 'x.js'], cwd: '/srv', env: { A: '1' } },
  listens: [{ address: '127.0.0.1', port: 80 + n }],
});

/** What an agent writes in the course of its life. */
const life = [
  { kind: 'accepted', installation: 'main', epoch: 1, decision: { version: 1, hash }, why: 'first-contact' },
  { kind: 'seen', epoch: 2, decision: { version: 7, hash } },
  { kind: 'intent', intent: intent(1, 'stop') },
  { kind: 'outcome', order: 'o-1', result: { outcome: 'executed', code: 'done', message: 'stopped' } },
  { kind: 'acked', order: 'o-1' },
  { kind: 'intent', intent: intent(2, 'stop') },
  { kind: 'outcome', order: 'o-2', result: { outcome: 'refused', code: 'held', message: 'no' } },
  { kind: 'closed', order: 'o-9', code: 'closed', message: 'closed first' },
  { kind: 'intent', intent: intent(3, 'start') },
  {
    kind: 'outcome',
    order: 'o-3',
    result: { outcome: 'executed', code: 'done', message: 'started', incarnation: 'b:9:9' },
  },
  { kind: 'waited' },
] as unknown as readonly Entry[];

const base = baseOf(life);
const whole = written(life.map((entry, i) => ({ entry, waitMs: i * 1000 })));
const names = [
  'kind',
  'order',
  'intent',
  'result',
  'base',
  'epoch',
  'decision',
  'installation',
  'kept',
  'orders',
  'stopsMs',
  'launch',
  'outcome',
];

export const journal: Target = {
  name: 'journal',
  about: 'the agent’s journal',
  open: () => ({
    make(random): Given {
      if (random.once(2))
        return {
          kind: 'bytes',
          bytes: random.once(2) ? mutateBytes(random, whole, [whole]) : rearranged(random),
        };
      const entries: readonly unknown[] = random.once(4) ? [base, ...life.slice(5)] : life;
      const upTo = random.below(entries.length) + 1;
      const bad = random.below(upTo);
      return {
        kind: 'entries',
        entries: entries.slice(0, upTo).map((entry, i) => ({
          entry:
            i === bad ? mutateValue(random, entry, { names, values: ['executed', 'stop', 'o-1'] }) : entry,
          waitMs: random.once(40) ? mutateValue(random, i) : i * 1000,
        })),
      };
    },
    run(input) {
      const given = input as Given;
      if (given.kind === 'bytes' && given.bytes instanceof Uint8Array) check(given.bytes);
      else if (given.kind === 'entries' && Array.isArray(given.entries)) {
        const bytes = written(
          given.entries.filter(isPlain) as unknown as readonly { entry: unknown; waitMs: unknown }[],
        );
        check(bytes);
      }
    },
  }),
};

function check(bytes: Uint8Array): void {
  const reading = readLines(Buffer.from(bytes));
  must(reading.bytes + reading.torn <= bytes.length, 'more was read than there is', reading);
  must(
    reading.damage !== undefined || reading.bytes + reading.torn === bytes.length,
    'something was left unread, and no damage named',
    reading,
  );
  const again = readLines(Buffer.from(bytes.subarray(0, reading.bytes)));
  must(
    again.damage === undefined && again.torn === 0,
    'what was read whole is damaged by itself',
    reading,
    again,
  );
  must(isDeepStrictEqual(again.lines, reading.lines), 'the same bytes say two things');
  const view = new View();
  for (const { entry, waitMs, mark } of reading.lines) view.apply(entry, waitMs, mark);
  const kept = makeLine({ kind: 'base', base: view.toBase() }, view.waitedMs, emptyMark);
  const restored = new View();
  const [line] = readLines(Buffer.from(kept.text)).lines;
  must(line !== undefined, 'a compaction writes what cannot be read', kept.text.slice(0, 2000));
  restored.apply(line.entry, line.waitMs, line.mark);
  must(
    isDeepStrictEqual(JSON.parse(canonicalJson(restored.toBase())), JSON.parse(canonicalJson(view.toBase()))),
    'a compaction changes what is remembered',
    view.toBase(),
    restored.toBase(),
  );
}

/** Lines with right numbers and hashes, whatever the entries are. */
function written(entries: readonly { readonly entry: unknown; readonly waitMs: unknown }[]): Uint8Array {
  let prev: string = emptyMark.hash;
  const lines = entries.map(({ entry, waitMs }, i) => {
    const sequence = i + 1;
    const own = sha256Hex(`${prev}\n${canonicalJson({ entry, sequence, waitMs })}`);
    const line = canonicalJson({ sequence, prev, hash: own, waitMs, entry });
    prev = own;
    return `${line}\n`;
  });
  return Buffer.from(lines.join(''));
}

function baseOf(entries: readonly Entry[]): Entry {
  const view = new View();
  entries.forEach((entry, i) => view.apply(entry, i * 1000, { sequence: i + 1, hash: sha256Hex('x') }));
  return { kind: 'base', base: view.toBase() };
}

/** Lines out of order, twice, or left out. */
function rearranged(random: Random): Uint8Array {
  const lines = Buffer.from(whole).toString().split('\n').slice(0, -1);
  const at = random.below(lines.length);
  const changed = [
    ...lines.slice(0, at),
    ...(random.once(2) ? [] : [lines[at], lines[random.below(lines.length)]]),
    ...lines.slice(at + 1),
  ];
  return Buffer.from(
    changed.map((line) => `${line}\n`).join('') + (random.once(4) ? (lines[0] ?? '').slice(0, 40) : ''),
  );
}
