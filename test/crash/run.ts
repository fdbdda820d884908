// One crash point: the scene is played, the program is killed at the point, started again, and the books must balance.
import { begin, hasEnded, patienceMs, untilKilled, type Ground } from './ground.ts';
import type { Point } from './point.ts';
import type { Scene } from './scene.ts';

export interface Outcome {
  readonly point: Point;
  /** Whether the program was killed there. */
  readonly killed: boolean;
  readonly tookMs: number;
  /** How often an operator had to approve what a crash had capped. */
  readonly approvals: number;
  /** What is wrong; empty: nothing. */
  readonly wrong: readonly string[];
}

/** A write that depends on what two programs do at once may not come; the scene is played again. */
const maxPlays = 6;

export async function crash(point: Point, scene: Scene, ground: Ground, turn: number): Promise<Outcome> {
  const began = performance.now();
  const wrong: string[] = [];
  const before = ground.approvals;
  let killed = false;
  for (let plays = 0; plays < maxPlays && !killed && wrong.length === 0; plays++) {
    const once = await crashOnce(point, scene, ground, turn + plays).catch((error: unknown) => ({
      killed: true,
      wrong: [error instanceof Error ? error.message : String(error)],
    }));
    ({ killed } = once);
    wrong.push(...once.wrong);
  }
  if (!killed && wrong.length === 0) wrong.push(`this write did not come in ${maxPlays} plays`);
  return { point, killed, tookMs: performance.now() - began, approvals: ground.approvals - before, wrong };
}

async function crashOnce(
  { program, place, moment, occurrence }: Point,
  scene: Scene,
  ground: Ground,
  turn: number,
): Promise<{ readonly killed: boolean; readonly wrong: readonly string[] }> {
  await ground.settled();
  const { programs, play } = await scene.prepare(ground, turn);
  const trapped = programs[program];
  if (trapped === undefined) throw new Error(`${scene.name} has no ${program}`);
  const trap = ground.trap(trapped, { place, moment, occurrence, deed: 'kill' });
  const playing = play().then(
    (wrong) => ({ wrong }),
    (error: unknown) => ({ wrong: [error instanceof Error ? error.message : String(error)] }),
  );
  const hit = trap.closed(patienceMs * 2);
  const first = await Promise.race([hit, playing.then(() => undefined)]);
  // It may close in the very last moment of the play.
  const killed = first ?? (await trap.closed(0));
  trap.clear();
  if (killed) {
    await untilKilled(trapped);
    await begin(trapped);
  }
  const { wrong } = await playing;
  if (trapped.ends === true || !hasEnded(trapped)) return { killed, wrong };
  await trapped.start();
  return { killed, wrong: [...wrong, `the ${trapped.name} has ended`] };
}
