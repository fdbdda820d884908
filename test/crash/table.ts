// What is printed, in 100 columns.
import type { Counts } from './damage/tally.ts';
import { pauseNamed } from './pauses.ts';
import type { Point } from './point.ts';
import type { Outcome } from './run.ts';

const columns = 100;
const indent = ' '.repeat(7);

export const pointHead = `${'no'.padStart(4)} ${'program'.padEnd(11)} ${'moment'.padEnd(10)} scene: what is written`;

export function pointLine({ number, program, moment, scene, place, occurrence }: Point): string {
  const again = occurrence > 1 ? ` (${occurrence}.)` : '';
  const text = `${String(number).padStart(4)} ${program.padEnd(11)} ${moment.padEnd(10)} ${scene}: ${shortPlace(place)}${again}`;
  return cut(text, columns);
}

export const outcomeHead = `${'no'.padStart(4)} ${'program'.padEnd(11)} ${'killed'.padEnd(10)} ${'scene: what is written'.padEnd(62)} ${'took'.padStart(6)}`;

export function outcomeLines({ point, killed, tookMs, wrong }: Outcome): readonly string[] {
  const took = `${(tookMs / 1000).toFixed(1)} s`.padStart(7);
  const mark = wrong.length > 0 ? 'WRONG' : killed ? 'ok' : '';
  const line = `${cut(pointLine(point), columns - 15).padEnd(columns - 15)}${took} ${mark}`;
  return [line, ...wrong.flatMap(problemLines)];
}

export function pauseLines(pause: {
  readonly name: string;
  readonly tookMs: number;
  readonly wrong: readonly string[];
}): readonly string[] {
  const title = pauseNamed(pause.name).title;
  const took = `${(pause.tookMs / 1000).toFixed(1)} s`.padStart(7);
  const text = `     pause       ${pause.name.padEnd(16)} ${title}`;
  const line = `${cut(text, columns - 15).padEnd(columns - 15)}${took} ${pause.wrong.length > 0 ? 'WRONG' : 'ok'}`;
  return [line, ...pause.wrong.flatMap(problemLines)];
}

export interface SceneRow {
  readonly scene: string;
  readonly title: string;
  readonly points: number;
  readonly killed: number;
  readonly failed: number;
}

/** What came of each scene's points. */
export function sceneLines(rows: readonly SceneRow[]): readonly string[] {
  if (rows.length === 0) return [];
  return [
    `${'scene'.padEnd(18)} ${'points'.padStart(6)} ${'killed'.padStart(6)} ${'failed'.padStart(6)}  what happens`,
    ...rows.map(({ scene, title, points, killed, failed }) => {
      const counts = [points, killed, failed].map((n) => String(n).padStart(6)).join(' ');
      return cut(`${scene.padEnd(18)} ${counts}  ${title}`, columns);
    }),
  ];
}

/** What became of damaged files. */
export function damageLines(counts: Counts): readonly string[] {
  const rows = Object.entries(counts);
  if (rows.length === 0) return [];
  return [
    `${'damaged'.padEnd(34)} what the program made of it`,
    ...rows.map(([kind, outcomes]) => {
      const said = Object.entries(outcomes).map(([outcome, n]) => `${n} ${outcome}`);
      return `${kind.padEnd(34)} ${said.join(', ')}`;
    }),
  ];
}

export function problemLines(problem: string): readonly string[] {
  return wrap(`     ! ${problem}`);
}

/** The function that writes, without the folders that all have in common. */
function shortPlace(place: string): string {
  return place.replace(/^(state\/sqlite|act|session)\//, '');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** At spaces, or where there is none. */
function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > columns) {
    const space = rest.lastIndexOf(' ', columns);
    const at = space > indent.length ? space : columns;
    lines.push(rest.slice(0, at));
    rest = indent + rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
