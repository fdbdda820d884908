// Whether a container that is stopped stays whole and stopped: nothing deletes it or its data, and nobody but this agent
// starts it again. Pure.
import type { Inspected } from '../../scan/runtime/docker/answers.ts';
import type { Target } from '../actor.ts';
import { isBelow, keeperOf } from '../keepers.ts';

export interface KeepRules {
  /** `none`: an operator says that nothing on this host deletes stopped containers. */
  readonly pruner: 'none' | 'unknown';
  /** Folders in memory whose files may go with a stop. What is below one counts too. */
  readonly scratch: readonly string[];
}

/** @param entangledWith see `RuntimeObject`. */
export function keepableContainer(
  { name, autoRemove, paused, tmpfs, labels }: Inspected,
  entangledWith: readonly string[],
  rules: KeepRules,
): Target['keepable'] {
  const not = (code: string, message: string) =>
    ({ keepable: false, code, message: `container ${name} ${message}` }) as const;
  if (autoRemove)
    return not('auto-remove', 'is deleted by its engine when it stops (--rm): create it without that');
  const [first] = entangledWith;
  if (first !== undefined)
    return not(
      'entangled',
      `shares its network or another namespace with ${entangledWith.length} that would lose it, first servo ${first}`,
    );
  const kept = keeperOf(labels);
  if (kept !== undefined)
    return not('managed', `is run by ${kept.keeper} (label ${kept.label}), which would start or delete it`);
  if (paused) return not('paused', 'is paused, and would not be when it is started again: unpause it first');
  const lost = tmpfs.filter((folder) => !rules.scratch.some((one) => isBelow(folder, one)));
  if (lost.length > 0)
    return not(
      'tmpfs',
      `keeps ${lost[0]} in memory alone, which a stop would lose; add it to runtime.scratch if nothing there matters`,
    );
  if (rules.pruner !== 'none')
    return not(
      'pruner',
      'could be deleted once it is stopped: set runtime.pruner to none when nothing on this host prunes containers',
    );
  return { keepable: true };
}
