// The runtimes that this agent knows: a new one is a file beside this, which implements port.ts, and one line here.
import { openContainerd } from './containerd/containerd.ts';
import { openDocker } from './docker/docker.ts';
import { openLxc } from './lxc/lxc.ts';
import type { Runtime } from './port.ts';
import { openProcess } from './process.ts';

export const runtimes = {
  process: openProcess,
  docker: openDocker,
  lxc: openLxc,
  containerd: openContainerd,
} as const;

export type RuntimeName = keyof typeof runtimes;

/** Options of one runtime, told apart by its name. */
export type RuntimeOptions = {
  [Name in RuntimeName]: { readonly runtime: Name; readonly options: Parameters<(typeof runtimes)[Name]>[0] };
}[RuntimeName];

/** The configured runtime. Throws a `TypeError` for options that cannot be right on this host. */
export function openRuntime(chosen: RuntimeOptions): Runtime {
  // Name and options come as a pair, which an index into the table cannot express.
  const open: (options: never) => Runtime = runtimes[chosen.runtime];
  return open(chosen.options as never);
}
