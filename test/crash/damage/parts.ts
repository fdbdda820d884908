// The parts of the damage, each over a world that has lived a little.
import type { Ground } from '../ground.ts';
import { restore, stop } from '../scenes/lives.ts';
import { damageAgent, damageJournals } from './agent.ts';
import { cutLog } from './cuts.ts';
import { damageDatabase } from './database.ts';
import type { Tally } from './tally.ts';

export const damageParts = ['database', 'agent', 'cuts'] as const;
export type DamagePart = (typeof damageParts)[number];

export interface Extent {
  /** Chooses the places. */
  readonly seed: number;
  /** How many of each kind are opened by a program's own code; of those that a whole program is started over, a tenth. */
  readonly each: number;
}

export async function damage(
  part: DamagePart,
  ground: Ground,
  { seed, each }: Extent,
  tally: Tally,
): Promise<void> {
  for (const [turn, scene] of [stop, restore].entries()) {
    const wrong = await (await scene.prepare(ground, seed + turn)).play();
    if (wrong.length > 0) throw new Error(`${scene.name}, undisturbed: ${wrong.join('; ')}`);
  }
  const starts = Math.max(1, Math.floor(each / 10));
  switch (part) {
    case 'database':
      return await damageDatabase(ground, seed, each, tally);
    case 'agent':
      damageJournals(ground, seed, each, tally);
      return await damageAgent(ground, seed, starts, tally);
    case 'cuts':
      // From the receipt back to before the order.
      return await cutLog(
        ground,
        Array.from({ length: 2 * starts }, (_, i) => 1 + 3 * i),
        tally,
      );
  }
}
