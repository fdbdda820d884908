// Time as the processor counts it: what other programs do on the machine meanwhile is not counted, the collector's threads are.
// So it is what one core would need that did nothing else.

/** CPU time of this process so far, all threads, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU time of the calling thread alone, in milliseconds. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export interface Probed<T> {
  readonly result: T;
  /** Longest that the thread computed without giving way, in milliseconds of its own. */
  readonly blockedMs: number;
  /** Longest time between two turns by the clock on the wall, other load included. */
  readonly blockedWallMs: number;
}

/** Does the work, and looks in every turn of the event loop how long the last one was. */
export async function probed<T>(work: () => Promise<T>): Promise<Probed<T>> {
  let blockedMs = 0;
  let blockedWallMs = 0;
  let isDone = false;
  let cpu = threadMs();
  let wall = performance.now();
  const look = (): void => {
    const [nowCpu, nowWall] = [threadMs(), performance.now()];
    blockedMs = Math.max(blockedMs, nowCpu - cpu);
    blockedWallMs = Math.max(blockedWallMs, nowWall - wall);
    [cpu, wall] = [nowCpu, nowWall];
    if (!isDone) setImmediate(look);
  };
  setImmediate(look);
  const result = await work();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  isDone = true;
  return { result, blockedMs, blockedWallMs };
}
