// The coordinator's state file and its log, flipped, scratched, cut and with pages in wrong places. Opened by the coordinator's own
// code each time; a few of each by the real program. What it makes of it is one of
//   refused   it does not open it, and says which file and what to do
//   same      it opens with exactly what was there: the damage lay where nothing stands, or the log held it a second time
//   older     it opens with what was there some transactions before: then the hosts know more than it does (see cuts.ts)
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StateFailed } from '../../../coordinator/src/state/sqlite/db.ts';
import { openSqliteStore } from '../../../coordinator/src/state/sqlite/store.ts';
import { untilEnded, type Ground } from '../ground.ts';
import { Alone } from '../scenes/alone.ts';
import { Chance, flipped, misplaced, scratched, truncated } from './chance.ts';
import type { Tally } from './tally.ts';

const pageBytes = 4096;
const frameBytes = pageBytes + 24;
const logHeadBytes = 32;
const remedies =
  /restore the latest backup|name the state file|must own|needs a (new file|program)|free space/;

interface Files {
  readonly main: Buffer;
  readonly log: Buffer;
}
type Damage = (files: Files, chance: Chance) => Files;

const kinds: Readonly<Record<string, Damage>> = {
  'main: a bit': ({ main, log }, chance) => ({ main: flipped(main, chance), log }),
  'main: some bytes': ({ main, log }, chance) => ({ main: scratched(main, chance, 600), log }),
  'main: a page': ({ main, log }, chance) => ({ main: misplaced(main, chance, pageBytes), log }),
  'main: cut off': ({ main, log }, chance) => ({
    main: truncated(main, chance, chance.below(2) === 0 ? pageBytes : 1),
    log,
  }),
  'log: a bit': ({ main, log }, chance) => ({ main, log: flipped(log, chance) }),
  'log: some bytes': ({ main, log }, chance) => ({ main, log: scratched(log, chance, 600) }),
  'log: cut off': ({ main, log }, chance) => ({ main, log: truncated(log, chance) }),
  'no log: a bit': ({ main }, chance) => ({ main: flipped(main, chance), log: Buffer.alloc(0) }),
};

/** @param each how many of each kind. */
export async function damageDatabase(
  ground: Ground,
  seed: number,
  each: number,
  tally: Tally,
): Promise<void> {
  const folder = join(ground.world.dir, `damage-${seed}`);
  mkdirSync(folder);
  const kept = await stateOf(ground, folder);
  const plain = folded(kept, join(folder, 'plain.db'));
  const past = pastOf(kept, join(folder, 'past.db'));
  for (const [kind, damage] of Object.entries(kinds)) {
    const before = kind.startsWith('no log') ? plain : kept;
    for (let n = 0; n < each; n++) {
      const chance = new Chance(seed * 1000 + n);
      const file = join(folder, 'state.db');
      put(file, damage(before, chance));
      const what = classify(file, past);
      if (what.startsWith('?')) tally.fail(kind, `seed ${seed}, number ${n}: ${what.slice(1)}`);
      else tally.add(kind, what);
    }
    // The program itself, over what its own code has refused just now.
    const chance = new Chance(seed * 1000);
    const file = join(folder, 'real.db');
    put(file, damage(before, chance));
    const said = await programSays(ground, file, seed * 100 + Object.keys(kinds).indexOf(kind));
    put(file, damage(before, new Chance(seed * 1000)));
    const expected = classify(file, past);
    if ((expected === 'refused') !== (said !== undefined) || (said !== undefined && !remedies.test(said)))
      tally.fail(
        kind,
        `the program ${said === undefined ? 'started' : `said ${said}`}, where its code is ${expected}`,
      );
  }
}

/** A copy of the state of a coordinator that was killed: with a log that holds the last of it. */
async function stateOf(ground: Ground, folder: string): Promise<Files> {
  const { coordinator, world } = ground;
  await ground.settled();
  coordinator.program()?.child.kill('SIGKILL');
  await untilEnded(coordinator);
  const file = join(world.dir, 'state.db');
  copyFileSync(file, join(folder, 'kept.db'));
  copyFileSync(`${file}-wal`, join(folder, 'kept.db-wal'));
  await coordinator.start();
  return { main: readFileSync(join(folder, 'kept.db')), log: readFileSync(join(folder, 'kept.db-wal')) };
}

function put(file: string, { main, log }: Files): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  writeFileSync(file, main);
  if (log.length > 0) writeFileSync(`${file}-wal`, log);
}

/** All of it in the main file. */
function folded(files: Files, file: string): Files {
  put(file, files);
  const db = new Database(file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  return { main: readFileSync(file), log: Buffer.alloc(0) };
}

/** What stood in it after each transaction of the log, the latest last. */
function pastOf({ main, log }: Files, file: string): readonly string[] {
  const past: string[] = [];
  const salts = log.subarray(16, 24);
  const read = (frames: number): void => {
    put(file, {
      main,
      log: frames === 0 ? Buffer.alloc(0) : log.subarray(0, logHeadBytes + frames * frameBytes),
    });
    past.push(content(file));
  };
  // The main file alone is a moment of its own only before the first checkpoint of a log.
  read(0);
  for (let n = 0; logHeadBytes + (n + 1) * frameBytes <= log.length; n++) {
    const frame = log.subarray(logHeadBytes + n * frameBytes, logHeadBytes + n * frameBytes + 24);
    if (!frame.subarray(8, 16).equals(salts)) break;
    if (frame.readUInt32BE(4) !== 0) read(n + 1);
  }
  return past;
}

/** All rows of all tables. */
function content(file: string): string {
  const db = new Database(file);
  try {
    const tables = db
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .pluck()
      .all() as string[];
    return JSON.stringify(
      tables.map((name) => [
        name,
        db
          .prepare(`SELECT * FROM "${name}"`)
          .raw()
          .all()
          .map((row) => JSON.stringify(row))
          .toSorted(),
      ]),
    );
  } catch (error) {
    return `unreadable: ${String(error)}`;
  } finally {
    db.close();
  }
}

/** One of the three, or, after a question mark, what is wrong. */
function classify(file: string, past: readonly string[]): string {
  try {
    void openSqliteStore({ file, exclusive: true, demo: true }).close();
  } catch (error) {
    if (!(error instanceof StateFailed)) return `?it threw ${String(error)}`;
    const says = error.message.startsWith(`${file}: `) && remedies.test(error.message);
    return says ? 'refused' : `?it was refused without a remedy: ${error.message}`;
  }
  const now = content(file);
  const at = past.lastIndexOf(now);
  if (at < 0) return '?it opens with what never stood in it';
  return at === past.length - 1 ? 'same' : 'older';
}

/** What the program says when it does not start; undefined: it starts. */
async function programSays(ground: Ground, state: string, turn: number): Promise<string | undefined> {
  const alone = new Alone(ground, turn, { state });
  const starts = await alone.trapped.start().then(
    () => true,
    () => false,
  );
  alone.trapped.program()?.child.kill('SIGKILL');
  await untilEnded(alone.trapped);
  return starts || !existsSync(alone.log) ? undefined : readFileSync(alone.log, 'utf8').slice(-600);
}
