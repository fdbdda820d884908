// The words behind `npm run crash --`.
import { parseArgs } from 'node:util';
import { damageParts, type DamagePart } from './damage/parts.ts';
import { pauses } from './pauses.ts';

export const usage = `want: npm run crash -- [--list [--write]] [--point 1,5-9] [--pause NAME] [--damage PART] [--seed 7] [--jobs 2] [--json]
  --list    count the writes of every scene, list the points, and end
  --write   keep that list in test/crash/points.json
  --point   crash only these numbers of the kept list
  --pause   only these pauses, by name
  --damage  only these parts of the damage: database, agent, cuts
            with any of these three nothing is counted
  --seed    of the damaged places; without it, another one every time
  --jobs    worlds side by side
  --json    end with one line of JSON`;

/** What was typed cannot be right. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
}

export interface Only {
  readonly points: ReadonlySet<number>;
  readonly pauses: readonly string[];
  readonly parts: readonly DamagePart[];
}

export interface Words {
  readonly list: boolean;
  readonly write: boolean;
  /** Absent: all. */
  readonly only: Only | undefined;
  readonly seed: number;
  readonly jobs: number;
  readonly json: boolean;
  readonly help: boolean;
}

const options = {
  list: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  point: { type: 'string' },
  pause: { type: 'string' },
  damage: { type: 'string' },
  seed: { type: 'string' },
  jobs: { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const maxJobs = 16;
const maxSeed = 999_999;

/** Throws `Wrong`. @param last number of the last point that is known. */
export function parseWords(args: readonly string[], last: number): Words {
  const { values } = parsed(args);
  const { list, write, point, pause, damage, seed, jobs, json, help } = values;
  const words = [point, pause, damage];
  const isPart = words.some((word) => word !== undefined);
  if (write && isPart)
    throw new Wrong('--write keeps what was counted, and with --point, --pause or --damage nothing is');
  return {
    list,
    write,
    json,
    help,
    only: isPart
      ? {
          points: point === undefined ? new Set() : numbersOf(point, last),
          pauses: namesOf(
            '--pause',
            pause,
            pauses.map(({ name }) => name),
          ),
          parts: namesOf('--damage', damage, damageParts),
        }
      : undefined,
    seed: seed === undefined ? Math.floor(Math.random() * maxSeed) + 1 : whole('--seed', seed, maxSeed),
    jobs: whole('--jobs', jobs, maxJobs),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new Wrong(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function whole(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most)
    throw new Wrong(`${name}: "${text}" is no whole number from 1 to ${most}`);
  return number;
}

function namesOf<T extends string>(
  option: string,
  text: string | undefined,
  known: readonly T[],
): readonly T[] {
  return (text?.split(',') ?? []).map((word) => {
    const name = known.find((n) => n === word);
    if (name === undefined)
      throw new Wrong(`${option}: there is no "${word}"; there are ${known.join(', ')}`);
    return name;
  });
}

function numbersOf(text: string, last: number): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const word of text.split(',')) {
    const [, from = '', to = from] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? [];
    if (from === '' || Number(from) < 1 || Number(to) < Number(from) || Number(to) > last)
      throw new Wrong(
        `--point: "${word}" is no number and no range from 1 to ${last}; want for example 1,5-9`,
      );
    for (let n = Number(from); n <= Number(to); n++) numbers.add(n);
  }
  return numbers;
}
