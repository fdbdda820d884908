// npm run bench: what the coordinator's heart costs, measured, beside what is aimed at. Prints what it finds, also where an
// aim is missed. Sizes: node scripts/bench/main.ts [servos] [runs].
//
// Full round: both witnesses' whole snapshots applied to an empty book, every host matched, evidence, judgement, plans and
// check. Anti-join: a Set of ids per witness and a look-up of every servo, nothing else. Every run is a process of its own.
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Measured } from './measure.ts';
import type { Timed } from './round.ts';

/** Longest that one run may take, in milliseconds. */
const maxRunMs = 120_000;
const servos = Number(process.argv[2] ?? 1_000_000);
const runs = Number(process.argv[3] ?? 3);

const measured: Measured[] = [];
for (let run = 1; run <= runs; run++) {
  process.stderr.write(`run ${run} of ${runs}: ${servos.toLocaleString('en')} servos ...\n`);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--max-old-space-size=4096', join(import.meta.dirname, 'measure.ts'), String(servos)],
    { timeout: maxRunMs, maxBuffer: 1024 * 1024 },
  );
  measured.push(JSON.parse(stdout) as Measured);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const of = (pick: (m: Measured) => number): number => median(measured.map(pick));
const whole = ({ readMs, restMs }: Timed): number => readMs + restMs;
const fullMs = of((m) => whole(m.full));
const antiJoinMs = of((m) => m.antiJoinMs);
const unchangedMs = median(measured.flatMap((m) => m.unchanged.map((r) => r.restMs)));
const changedMs = median(measured.flatMap((m) => m.changed.map((r) => r.restMs)));
const rereadMs = median(measured.flatMap((m) => m.changed.map((r) => r.readMs)));
const blockedMs = of((m) => Math.max(m.blockedMs.full, m.blockedMs.later));
const takeInBlockedMs = of((m) => m.blockedMs.takeIn);
const bytes = of((m) => m.bytesPerServo);
const takeInMs = of((m) => m.takeInMs);

const [first] = measured;
const last = first?.changed.at(-1);
const counts = (timed: Timed | undefined): string =>
  Object.entries(timed?.verdicts ?? {})
    .map(([verdict, n]) => `${n} ${verdict}`)
    .join(', ');
const percent = (part: number, all: number): string => `${((part / all) * 100).toFixed(1)} %`;
const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`;

const lines: readonly (readonly [what: string, found: string, aim: string, isMet: boolean | undefined])[] = [
  ['bare Set anti-join of the same ids', ms(antiJoinMs), '', undefined],
  [
    'full round',
    `${ms(fullMs)}, ${(fullMs / antiJoinMs).toFixed(1)} x`,
    'at most 5 x the anti-join',
    fullMs <= 5 * antiJoinMs,
  ],
  ['  reading both snapshots', ms(of((m) => m.full.readMs)), '', undefined],
  ['  all the rest', ms(of((m) => m.full.restMs)), '', undefined],
  [
    'round with 0.1 % changed, beside reading',
    `${ms(changedMs)}, ${percent(changedMs, fullMs)}`,
    'at most 5 % of the full round',
    changedMs <= 0.05 * fullMs,
  ],
  ['  reading both snapshots whole again', `${ms(rereadMs)}, ${percent(rereadMs, fullMs)}`, '', undefined],
  [
    'round with nothing changed, beside reading',
    `${ms(unchangedMs)}, ${percent(unchangedMs, fullMs)}`,
    '',
    undefined,
  ],
  ['memory per servo', `${Math.round(bytes)} bytes`, 'at most 400 bytes', bytes <= 400],
  ['event loop blocked, in a round', ms(blockedMs), 'at most 50 ms', blockedMs <= 50],
  ['event loop blocked, inventories coming in', ms(takeInBlockedMs), 'at most 50 ms', takeInBlockedMs <= 50],
  [
    'all inventories taken in',
    `${ms(takeInMs)}, ${((takeInMs * 1000) / servos).toFixed(1)} us a servo`,
    '',
    undefined,
  ],
];

const [cpu] = cpus();
process.stdout.write(`
${servos.toLocaleString('en')} servos on ${first?.hosts.toLocaleString('en')} hosts, 4 cells, 3 generations, 2 witnesses; 1 % claimed by nobody
(full round: ${counts(first?.full)}; last round: ${counts(last)})
medians of ${runs} runs; node ${process.versions.node}, ${cpu?.model ?? 'unknown'}; other load on the machine counts in

${lines.map(([what, found, aim, isMet]) => `${what.padEnd(44)}${found.padEnd(26)}${aim.padEnd(32)}${isMet === undefined ? '' : isMet ? 'met' : 'MISSED'}`.trimEnd()).join('\n')}

Reading is shown apart: a witness tells no changes yet, so each round reads it whole, however little changed.
Memory is heap and external after gc, with the claims of both witnesses, beside the empty process.
`);
