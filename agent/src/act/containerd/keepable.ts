// Whether a container that is stopped stays whole and stopped, and can be started again as it was: nothing deletes it or its
// data, nobody but this agent starts it again, and what it was started with can be had again. Pure.
import { runtimeIdOf, statusOf, type Container } from '../../scan/runtime/containerd/answers.ts';
import type { Process } from '../../scan/runtime/containerd/api.ts';
import type { Target } from '../actor.ts';
import { isBelow, unkeptForLoss, unkeptForOthers, type KeepRules } from '../container-keep.ts';

export interface ContainerdKeepRules extends KeepRules {
  /** Commands of poststop hooks that delete nothing. */
  readonly hooks: readonly string[];
}

/** Where every container has files in memory that its engine makes anew. */
const ownMemory = ['/dev', '/proc', '/sys'];
/** What nerdctl writes on a container that it deletes when it ends. */
const autoRemove = 'nerdctl/auto-remove';

/**
 * @param isPipe whether there is a pipe at a path, or nothing.
 * @param entangledWith see `RuntimeObject`.
 */
export function keepableContainer(
  container: Container,
  process: Process,
  isPipe: (path: string) => boolean,
  entangledWith: readonly string[],
  rules: ContainerdKeepRules,
): Target['keepable'] {
  const { labels, spec, snapshotKey } = container;
  const not = (code: string, message: string) =>
    ({ keepable: false, code, message: `container ${runtimeIdOf(container)} ${message}` }) as const;
  if (labels[autoRemove] === 'true')
    return not('auto-remove', 'is deleted by nerdctl when it stops (--rm): create it without that');
  const others = unkeptForOthers(labels, entangledWith);
  if (others !== undefined) return not(...others);
  if (statusOf(process) !== 'running')
    return not('paused', 'is paused, and would not be when it is started again: resume it first');
  if (process.terminal)
    return not('attached', 'has a terminal, and who holds its other end would not be there after a restore');
  const pipe = [process.stdin, process.stdout, process.stderr].find((path) => path !== '' && isPipe(path));
  if (pipe !== undefined)
    return not(
      'attached',
      `reads or writes the pipe ${pipe}, and nobody would be at its other end after a restore: run it with a log URI, or none`,
    );
  if (snapshotKey === '' && !spec.rootPath.startsWith('/'))
    return not('no-snapshot', 'has no snapshot: what its root was mounted from is known to its maker alone');
  const hook = spec.afterStop.find((command) => !rules.hooks.includes(command));
  if (hook !== undefined)
    return not(
      'stop-hook',
      `runs ${hook} when it has ended, which could delete its data; add it to runtime.hooks if it deletes nothing`,
    );
  const memory = spec.tmpfs.filter((folder) => !ownMemory.some((own) => isBelow(folder, own)));
  const loss = unkeptForLoss(memory, rules);
  return loss === undefined ? { keepable: true } : not(...loss);
}
