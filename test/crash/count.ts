// A counting run: plays a scene with nothing trapped, and lists every durable write of it.
import { forget, told, type Ground } from './ground.ts';
import type { Told } from './hooks/trap.ts';
import { keyOf, programs, type Write } from './point.ts';
import type { Scene } from './scene.ts';

/** Throws when the scene does not end well by itself. */
export async function count(scene: Scene, ground: Ground, turn: number): Promise<readonly Write[]> {
  await ground.settled();
  const { play, programs: trapped } = await scene.prepare(ground, turn);
  for (const { configFile } of Object.values(trapped)) forget(configFile);
  const wrong = await play();
  if (wrong.length > 0) throw new Error(`${scene.name}, undisturbed: ${wrong.join('; ')}`);
  return programs.flatMap((program) => {
    const { configFile } = trapped[program] ?? {};
    return configFile === undefined ? [] : writesOf(scene, program, told(configFile));
  });
}

function writesOf(scene: Scene, program: Write['program'], lines: readonly Told[]): readonly Write[] {
  const counts = new Map<string, number>();
  const writes: Write[] = [];
  for (const line of lines) {
    if (line.told !== 'write' || !scene.own.test(line.place)) continue;
    const occurrence = (counts.get(line.place) ?? 0) + 1;
    counts.set(line.place, occurrence);
    // That a transaction has begun changes nothing on disk: once is enough.
    const repeats = !line.place.endsWith(' BEGIN') && scene.repeated?.test(line.place) === true;
    if (occurrence > (repeats ? 2 : 1)) continue;
    writes.push({ scene: scene.name, program, place: line.place, occurrence, moments: line.moments });
  }
  return writes;
}

/** The known writes in their order, and behind them those that are new. */
export function merged(known: readonly Write[], found: readonly Write[]): readonly Write[] {
  const keys = new Set(known.map(keyOf));
  return [...known, ...found.filter((write) => !keys.has(keyOf(write)))];
}
