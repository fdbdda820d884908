// npm run bench: what the coordinator's heart costs, measured, beside what is aimed at. Prints what it finds, also where an
// aim is missed. Sizes: node scripts/bench/main.ts [servos] [runs].
//
// Full round: both witnesses' whole snapshots applied to an empty book, every host matched, evidence, judgement, plans and
// check. Anti-join: a Set of ids per witness and a look-up of every servo, nothing else. Every run is a process of its own;
// times are CPU times (cpu.ts), so that other load on the machine counts as little as it can.
import { execFile } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Measured } from './measure.ts';
import type { Timed } from './round.ts';

/** Longest that one run may take, in milliseconds. */
const maxRunMs = 170_000;
/** No run is begun after so many milliseconds: a loaded machine makes fewer, and the last line says how many. */
const lastBeginMs = 80_000;
const servos = Number(process.argv[2] ?? 1_000_000);
const runs = Number(process.argv[3] ?? 3);

const measured: Measured[] = [];
const begunMs = performance.now();
for (let run = 1; run <= runs && performance.now() - begunMs < lastBeginMs; run++) {
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
const ripeMs = median(measured.flatMap((m) => m.ripe.map((r) => r.restMs)));
const ripePlanMs = median(measured.flatMap((m) => m.ripe.map((r) => r.planMs)));
const bytes = of((m) => m.bytesPerServo);
const takeInMs = of((m) => m.takeInMs);

const [first] = measured;
const counts = (timed: Timed | undefined): string =>
  Object.entries(timed?.verdicts ?? {})
    .map(([verdict, n]) => `${n} ${verdict}`)
    .join(', ');
const percent = (part: number, all: number): string => `${((part / all) * 100).toFixed(1)} %`;
const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`;

type Line = readonly [what: string, found: string, aim?: string, isMet?: boolean];
const blockedLine = (what: string, part: keyof Measured['blocked']): Line => {
  const found = of((m) => m.blocked[part][0]);
  const wall = of((m) => m.blocked[part][1]);
  return [what, `${ms(found)} (wall ${ms(wall)})`, 'at most 50 ms', found <= 50];
};
const lines: readonly Line[] = [
  ['bare Set anti-join of the same ids', ms(antiJoinMs)],
  [
    'full round',
    `${ms(fullMs)}, ${(fullMs / antiJoinMs).toFixed(1)} x`,
    'at most 5 x the anti-join',
    fullMs <= 5 * antiJoinMs,
  ],
  ['  reading both snapshots', ms(of((m) => m.full.readMs))],
  ['  all the rest', ms(of((m) => m.full.restMs))],
  [
    'round with 0.1 % changed, beside reading',
    `${ms(changedMs)}, ${percent(changedMs, fullMs)}`,
    'at most 5 % of the full round',
    changedMs <= 0.05 * fullMs,
  ],
  ['  reading both snapshots whole again', `${ms(rereadMs)}, ${percent(rereadMs, fullMs)}`],
  ['round with nothing changed, beside reading', `${ms(unchangedMs)}, ${percent(unchangedMs, fullMs)}`],
  ['round with all releases ripe, beside reading', `${ms(ripeMs)}, plans and check ${ms(ripePlanMs)}`],
  ['memory per servo', `${Math.round(bytes)} bytes`, 'at most 400 bytes', bytes <= 400],
  blockedLine('loop blocked: inventories come in', 'takeIn'),
  blockedLine('loop blocked: full round', 'full'),
  blockedLine('loop blocked: later rounds', 'later'),
  blockedLine('loop blocked: rounds with releases ripe', 'ripe'),
  ['all inventories taken in', `${ms(takeInMs)}, ${((takeInMs * 1000) / servos).toFixed(1)} us a servo`],
];

const [cpu] = cpus();
const shown = ([what, found, aim = '', isMet]: Line): string =>
  `${what.padEnd(46)}${found.padEnd(34)}${aim.padEnd(31)}${isMet === undefined ? '' : isMet ? 'met' : 'MISSED'}`.trimEnd();
process.stdout.write(`
${servos.toLocaleString('en')} servos on ${first?.hosts.toLocaleString('en')} hosts, 4 cells, 3 generations, 2 witnesses; 1 % claimed by nobody
  full round: ${counts(first?.full)}
  0.1 % changed: ${counts(first?.changed.at(-1))}
  releases ripe: ${counts(first?.ripe.at(-1))}
CPU times, medians of ${measured.length} run(s); node ${process.versions.node}, ${cpu?.model ?? 'unknown'}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}

${lines.map(shown).join('\n')}

Reading is shown apart: a witness tells no changes yet, so each round reads it whole, however little changed.
Memory is heap and external after gc, with the claims of both witnesses, beside the process without a fleet.
`);
