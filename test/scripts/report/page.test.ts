import t from 'tap';
import { Coverage } from '../../sim/coverage.ts';
import { at } from '../../sim/oracle/story.ts';
import { page } from '../../../scripts/report/page.ts';
import { parts } from '../../../scripts/report/parts.ts';
import { toMarkdown, words } from '../../../scripts/report/markdown.ts';
import type { Stored } from '../../../scripts/report/stored.ts';

const ran = (part: string, result: Stored['result'], exitCode = 0): Stored => ({
  part,
  command: `npm run ${part} -- --json`,
  at: '2026-01-02T03:04:05.000Z',
  source: { commit: 'abcdef0123456789', changed: false },
  machine: { cores: 2, processor: 'some', memoryGiB: 7.8, kernel: 'Linux 6', node: 'v24.21.0' },
  exitCode,
  tookMs: 61_000,
  result,
});
const of = (...all: readonly Stored[]) =>
  page(parts.map((part) => ({ part, stored: all.find((s) => s.part === part.name) })));

t.test('what was not run is named as not run, with the command that runs it', (t) => {
  const text = of();
  for (const { title, name } of parts) {
    t.match(text, `| ${title} | **not run** |`);
    t.match(text, `Not run: \`npm run report -- --only ${name}\``);
  }
  t.end();
});

t.test('what was run stands there with its commit, machine, command and figures', (t) => {
  const text = of(
    ran('fuzz', { seed: 7, executions: 18_000_000, targets: [{ name: 'canonical', failed: 0 }] }),
  );
  t.match(text, '| Fuzzing | passed | abcdef012345 | 61.0 s | 2026-01-02T03:04Z |');
  t.match(
    text,
    '`npm run fuzz -- --json`: passed, at abcdef012345, on 2 cores (some), 7.8 GiB, Linux 6, Node v24.21.0.',
  );
  t.match(text, '| executions | 18,000,000 |');
  t.match(text, '| canonical | 0 |');
  t.end();
});

t.test('a failure, no result and uncommitted changes are not hidden', (t) => {
  t.match(of(ran('crash', { points: 3 }, 1)), '| Crash points | **failed** (exit code 1) |');
  t.match(of(ran('crash', undefined, 1)), '**no result** (exit code 1)');
  const changed = { ...ran('drills', { rows: 3 }), source: { commit: 'abcdef0123456789', changed: true } };
  t.match(of(changed), '| abcdef012345, with changes |');
  t.end();
});

t.test('the simulation shows which gate refused under which fault, and what was never hit', (t) => {
  const coverage = new Coverage();
  coverage.see(
    at(0, { kind: 'fault.began', id: 1, fault: 'loss', subject: { kind: 'everybody' }, detail: '' }),
  );
  coverage.see(
    at(1, {
      kind: 'pass.ended',
      coordinator: 'k1' as never,
      cell: 'c1' as never,
      epoch: 1,
      refusals: [['host-fresh', 1]],
      verdicts: { live: 0, stray: 0, suspect: 1, orphan: 0, undecided: 0 },
      full: ['host'],
      findings: 0,
    }),
  );
  const text = of(
    ran('sim', { seeds: 10, coverage: JSON.parse(JSON.stringify(coverage.counted)) as unknown }),
  );
  t.match(text, '1 of ');
  t.match(text, /\| host-fresh \| 1 \| \*\*0\*\* \|/);
  t.match(text, /- pairs: .*delay host-fresh/);
  t.match(text, '| seeds | 10 |');
  t.end();
});

t.test('any object becomes Markdown', (t) => {
  const lines = toMarkdown(
    {
      ok: true,
      deep: { inner: { a: 1, list: ['x|y', '<b>'] } },
      rates: { one: { n: 1 }, two: { n: 0.12345 } },
      none: [],
    },
    3,
  );
  t.same(lines, [
    '| figure | value |',
    '| --- | --- |',
    '| ok | yes |',
    '',
    '### deep',
    '',
    '#### inner',
    '',
    '| figure | value |',
    '| --- | --- |',
    '| a | 1 |',
    '',
    '##### list',
    '',
    '- x\\|y',
    '- \\<b\\>',
    '',
    '',
    '',
    '### rates',
    '',
    '| name | n |',
    '| --- | --- |',
    '| one | 1 |',
    '| two | 0.1235 |',
    '',
    '### none',
    '',
    'None.',
    '',
  ]);
  t.same(['maxExposureMs', 'seeds', 'perSecond', 'tookSeconds'].map(words), [
    'max exposure (ms)',
    'seeds',
    'per second',
    'took (s)',
  ]);
  t.end();
});
