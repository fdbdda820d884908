// Plays an incident as the product is, and without what refused it: what was stopped, and what would have been.
import type { Ablation } from '../../ablation/build.ts';
import { tidily } from '../../ablation/run.ts';
import { hostIncidents } from './hosts.ts';
import type { Incident } from './incident.ts';
import { witnessIncidents } from './witnesses.ts';

export interface Measured {
  readonly incident: string;
  readonly year: number;
  readonly source: string;
  readonly believed: string;
  readonly world: string;
  /** Servos that were wrongly stopped with everything on: none. */
  readonly stopped: number;
  /** And without what refused, as measured. */
  readonly without: number;
  readonly off: readonly string[];
  readonly refusedBy: readonly string[];
  /** What is not as it should be. */
  readonly wrong: readonly string[];
}

/** All incidents, the oldest first. */
export function allIncidents(ablation: Ablation): readonly Incident[] {
  return [...hostIncidents(ablation), ...witnessIncidents(ablation)].toSorted(
    (a, b) => a.year - b.year || (a.id < b.id ? -1 : 1),
  );
}

export async function measure(incident: Incident, ablation: Ablation): Promise<Measured> {
  const { id, play, without: off, refuses, ...about } = incident;
  const played = async (turnedOff: readonly string[]) => {
    ablation.used.clear();
    try {
      return await tidily((tidy) =>
        play(tidy, () => {
          for (const name of turnedOff) ablation.off.add(name);
        }),
      );
    } finally {
      ablation.off.clear();
    }
  };
  const whole = await played([]);
  const bare = await played(off);
  const idle = off.filter((name) => !ablation.used.has(name));
  const { stopped } = whole.funnel;
  const without = bare.funnel.stopped;
  const refusedBy = whole.everRefused;
  const wrong = [
    ...(stopped > 0 ? [`${stopped} in use were stopped`] : []),
    ...refuses.filter((name) => !refusedBy.includes(name)).map((name) => `${name} did not refuse`),
    ...(without > 0 ? [] : [`without them nothing was stopped: ${bare.everRefused.join(', ')} refused`]),
    ...(idle.length > 0 ? [`${idle.join(', ')} stood in nobody's way`] : []),
  ];
  const { year, source, believed, world } = about;
  // Named first: the gates that the incident is about.
  const named = [...refuses, ...refusedBy.filter((name) => !refuses.includes(name))];
  return { incident: id, year, source, believed, world, stopped, without, off, refusedBy: named, wrong };
}
