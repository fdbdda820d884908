// Plays one world with everything on, with its gate alone off, with its gate alone on, and with gate and backstops off; and says
// what the gate is worth by that.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tidy } from '../support/cell/cell.ts';
import { backstops } from './backstops.ts';
import type { Ablation } from './build.ts';
import type { Outcome, Scene } from './scene.ts';

export interface Row {
  readonly gate: string;
  readonly world: string;
  readonly invariant: string;
  readonly backstops: readonly string[];
  /** Whether it refuses by itself, and nothing wrong is stopped: with everything on, or only once its backstops are off. */
  readonly alone: 'yes' | 'with backstops off' | 'no';
  /** What must not be stopped and is, with gate and backstops off. */
  readonly broken: number;
  /** Wrong proposals that come past the gate: with it, and without it alone. */
  readonly behind: Scene['behind'];
  readonly withIt: number;
  readonly without: number;
  /** Why the row shows nothing. Empty: it does. */
  readonly wrong: readonly string[];
}

/** A directory and an end for what a world opens, outside of any test runner. */
export async function tidily<T>(work: (tidy: Tidy) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'servo-ablation-'));
  const ends: (() => Promise<void>)[] = [];
  try {
    return await work({ testdir: () => directory, teardown: (end) => ends.push(end) });
  } finally {
    for (const end of ends.toReversed()) await end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Plays a world, with so much turned off. */
export async function played(
  scene: Scene,
  off: readonly string[],
  ablation: Ablation,
): Promise<{ readonly outcome: Outcome; readonly idle: readonly string[] }> {
  ablation.off.clear();
  ablation.used.clear();
  const all = [...(scene.given ?? []), ...off];
  try {
    const outcome = await tidily((tidy) =>
      scene.play(tidy, () => {
        for (const name of all) ablation.off.add(name);
      }),
    );
    return { outcome, idle: all.filter((name) => !ablation.used.has(name)) };
  } finally {
    ablation.off.clear();
  }
}

/** What a gate is worth. Some seconds. */
export async function worth(scene: Scene, ablation: Ablation): Promise<Row> {
  const { gate, behind, shows = gate } = scene;
  const behindIt = Object.keys(backstops[gate] ?? {});
  const whole = await played(scene, [], ablation);
  const without = await played(scene, [gate], ablation);
  const alone = await played(scene, behindIt, ablation);
  const bare = await played(scene, [gate, ...behindIt], ablation);
  const refused = alone.outcome.refusedBy.includes(shows);
  const isAlone = behindIt.length === 0 || whole.outcome.refusedBy.join() === shows;
  const stands = alone.outcome.funnel.stopped === 0;
  const counted = [whole, without].map((run) => run.outcome.funnel[behind]) as [number, number];
  const broken = bare.outcome.funnel.stopped;
  const wrong = [
    ...(whole.outcome.funnel.stopped > 0
      ? [`with everything on, ${whole.outcome.funnel.stopped} are stopped`]
      : []),
    ...(refused ? [] : [`${shows} does not refuse; ${alone.outcome.refusedBy.join(', ') || 'nothing'} does`]),
    ...(stands ? [] : ['with its backstops off, it does not hold by itself']),
    ...(broken > 0
      ? []
      : [`with it and its backstops off, nothing breaks: ${bare.outcome.refusedBy.join(', ')}`]),
    ...(counted[1] > counted[0] ? [] : [`without it, no more wrong proposals come to "${behind}"`]),
    ...(bare.idle.length > 0 ? [`${bare.idle.join(', ')} stood in nobody's way`] : []),
  ];
  return {
    gate,
    world: scene.world,
    invariant: scene.invariant,
    backstops: behindIt,
    alone: !(refused && stands) ? 'no' : isAlone ? 'yes' : 'with backstops off',
    broken,
    behind,
    withIt: counted[0],
    without: counted[1],
    wrong,
  };
}
