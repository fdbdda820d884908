import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { emptyMark, makeLine, readLines } from '../../../agent/src/act/lines.ts';
import type { Entry } from '../../../agent/src/act/entries.ts';
import { hash } from '../support/orders.ts';

const order = (n: number) => parseId('order', `o-${n}`);

function textOf(entries: readonly Entry[]): string {
  let mark = emptyMark;
  return entries
    .map((entry, i) => {
      const { line, text } = makeLine(entry, i * 10, mark);
      mark = line.mark;
      return text;
    })
    .join('');
}

const entries: readonly Entry[] = [
  { kind: 'seen', epoch: 3, decision: { version: 7, hash: hash('7') } },
  { kind: 'closed', order: order(1), code: 'closed', message: 'é \u2028 "quoted"' },
  { kind: 'acked', order: order(1) },
];

t.test('what was written is read', (t) => {
  const reading = readLines(Buffer.from(textOf(entries)));
  t.strictSame(
    reading.lines.map((l) => l.entry),
    entries,
  );
  t.strictSame(
    reading.lines.map((l) => [l.mark.sequence, l.waitMs]),
    [
      [1, 0],
      [2, 10],
      [3, 20],
    ],
  );
  t.match(reading, { torn: 0, damage: undefined });
  t.match(readLines(Buffer.alloc(0)), { lines: [], torn: 0, damage: undefined });
  t.end();
});

t.test('every prefix of a file is whole lines and a torn end, never damage', (t) => {
  const bytes = Buffer.from(textOf(entries));
  for (let size = 0; size <= bytes.length; size++) {
    const part = bytes.subarray(0, size);
    const { lines, bytes: good, torn, damage } = readLines(part);
    if (damage !== undefined) t.fail(`${size} bytes: ${damage}`);
    if (good + torn !== size) t.fail(`${size} bytes: ${good} + ${torn}`);
    if (lines.length !== part.toString('latin1').split('\n').length - 1)
      t.fail(`${size} bytes: ${lines.length} lines`);
  }
  t.end();
});

t.test('every changed byte is damage, from its line on', (t) => {
  const bytes = Buffer.from(textOf(entries));
  const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([at]) => at);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    // Another digit or letter, so that most changes leave good JSON.
    changed[at] = bytes[at] === 49 ? 50 : 49;
    const { lines, damage, torn } = readLines(changed);
    const line = ends.filter((end) => end < at).length;
    const lastFeed = at === ends.at(-1);
    if (lastFeed ? torn === 0 : damage === undefined) t.fail(`byte ${at} was changed unseen`);
    if (lines.length > line) t.fail(`byte ${at}: ${lines.length} lines were believed`);
  }
  t.end();
});

t.test('lines that are missing, moved or foreign are damage', (t) => {
  const [a = '', b = '', c = ''] = textOf(entries).split(/(?<=\n)/);
  const damage = (text: string) => readLines(Buffer.from(text)).damage;
  t.match(damage(a + c), /line 2 .*does not follow/);
  t.match(damage(b + c), /line 1 .*does not follow/);
  t.match(damage(a + b + b), /line 3/);
  t.match(damage(`${a}\n${b}`), /line 2 .*is no JSON/);
  const newer = makeLine({ kind: 'destroyed' } as unknown as Entry, 0, emptyMark).text;
  t.match(damage(newer), /unknown kind, "destroyed": was it written by a newer agent/);
  t.end();
});

t.test(
  'an entry that bears the right hash and is not what this agent writes is damage, never half of a memory',
  (t) => {
    const damage = (entry: object, waitMs = 0) =>
      readLines(Buffer.from(makeLine(entry as Entry, waitMs, emptyMark).text)).damage;
    const intent = {
      order: 'o-1',
      local: false,
      action: 'stop',
      uid: 'u-1',
      incarnation: 'b:1:1',
      runtimeId: '1:1',
      launch: { argv: ['a'], cwd: '/', env: {} },
      listens: [],
    };
    const base = { epoch: 1, orders: [], kept: [], stopsMs: [] };
    t.equal(damage({ kind: 'intent', intent }), undefined);
    t.equal(damage({ kind: 'base', base }), undefined);
    t.equal(
      damage({ kind: 'waited', besides: 'a newer release' }),
      undefined,
      'what it has beside is let be',
    );
    t.match(damage({ kind: 'intent' }), /^line 1 .*is of the kind intent, and its "intent" is missing/);
    t.match(damage({ kind: 'intent', intent: { ...intent, uid: '' } }), /its "intent"/);
    t.match(damage({ kind: 'intent', intent: { ...intent, action: 'destroy' } }), /its "intent"/);
    t.match(damage({ kind: 'seen', epoch: 1.5, decision: { version: 1, hash: hash('1') } }), /its "epoch"/);
    t.match(damage({ kind: 'seen', epoch: 1 }), /its "decision" is missing/);
    t.match(
      damage({ kind: 'outcome', order: 'o-1', result: { outcome: 'done', code: '', message: '' } }),
      /its "result"/,
    );
    t.match(damage({ kind: 'acked', order: 7 }), /its "order"/);
    for (const lacks of Object.keys(base))
      t.match(damage({ kind: 'base', base: { ...base, [lacks]: null } }), /its "base"/, lacks);
    t.match(damage({ kind: 'base', base: { ...base, stopsMs: [['o-1', 'soon']] } }), /its "base"/);
    t.match(damage({ kind: 'base', base: { ...base, kept: [{ intent }] } }), /its "base"/);
    t.match(damage({ kind: 'waited' }, -1), /lacks a field/, 'a time before time began');
    t.end();
  },
);

t.test('a compacted file begins with its base, whatever its number', (t) => {
  const mark = { sequence: 41, hash: hash('41') };
  const base = makeLine({ kind: 'base', base: { epoch: 1, orders: [], kept: [], stopsMs: [] } }, 0, mark);
  const next = makeLine({ kind: 'waited' }, 5, base.line.mark);
  const reading = readLines(Buffer.from(base.text + next.text));
  t.equal(reading.damage, undefined);
  t.equal(reading.lines.at(-1)?.mark.sequence, 43);
  t.match(readLines(Buffer.from(next.text)).damage, /line 1/);
  t.end();
});
