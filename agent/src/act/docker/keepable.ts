// Whether a container that is stopped stays whole and stopped: nothing deletes it or its data, and nobody but this agent
// starts it again. Pure.
import type { Inspected } from '../../scan/runtime/docker/answers.ts';
import type { Target } from '../actor.ts';
import { unkeptForLoss, unkeptForOthers, type KeepRules } from '../container-keep.ts';

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
  const others = unkeptForOthers(labels, entangledWith);
  if (others !== undefined) return not(...others);
  if (paused) return not('paused', 'is paused, and would not be when it is started again: unpause it first');
  const loss = unkeptForLoss(tmpfs, rules);
  return loss === undefined ? { keepable: true } : not(...loss);
}
