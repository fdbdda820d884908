// The actor of plain processes.
import type { RuntimeObject } from '../scan/runtime/port.ts';
import { inspect, keepable, start, stop, type ProcessFacts } from '../scan/runtime/process-act.ts';
import { isAlive, listPids, readStatSync } from '../scan/runtime/proc.ts';
import type { Actor, StartResult, StopResult } from './actor.ts';
import { conflictsOf, listensOf } from './listen.ts';

export interface ProcessActorOptions {
  /** Command names of parents beside pid 1 that never start a child again. */
  readonly parents: readonly string[];
  readonly stopGraceMs: number;
}

export function processActor(options: ProcessActorOptions): Actor {
  const { stopGraceMs } = options;
  return {
    stopGraceMs,
    async look(object: RuntimeObject) {
      if (object.pid === undefined) return undefined;
      const facts = await inspect(object.pid);
      if (facts === undefined || facts.incarnation !== object.incarnation) return undefined;
      return {
        keepable: await keepable(facts, object, options),
        listens: await listensOf(await groupOf(facts)),
        stop: () => stopProcess(facts, stopGraceMs),
      };
    },
    async runs(runtimeId, incarnation) {
      const pid = Number(runtimeId.split(':')[0]);
      return Number.isSafeInteger(pid) && (await inspect(pid))?.incarnation === incarnation;
    },
    async start(launch): Promise<StartResult> {
      // Only the journal of another runtime holds one of these.
      if ('by' in launch)
        return { kind: 'failed', code: 'other-runtime', message: `${launch.runtimeId} is no plain process` };
      const started = await start(launch);
      if (started.kind === 'failed') return started;
      const { pid, way, incarnation, runtimeId } = started;
      return { kind: 'started', incarnation, runtimeId, message: `started as process ${pid} by ${way}` };
    },
    // Nothing brings a plain process back: whoever would is what makes it not keepable.
    settle: () => Promise.resolve(undefined),
    conflicts: ({ listens }) => conflictsOf(listens),
  };
}

/** Not async before the call of `stop`: its check and its signal belong to the caller's turn. */
function stopProcess(facts: ProcessFacts, graceMs: number): Promise<StopResult> {
  const stopping = stop(facts, graceMs);
  return stopping.then((stopped) => {
    switch (stopped.kind) {
      case 'stopped':
        return { kind: 'stopped', message: `ended by ${stopped.signal} after ${stopped.tookMs} ms` };
      case 'refused':
        return stopped;
      case 'survived':
        return { kind: 'survived', message: stopped.message };
    }
  });
}

async function groupOf(facts: ProcessFacts): Promise<readonly number[]> {
  const stats = listPids().map((pid) => readStatSync(pid));
  return stats
    .filter((stat) => isAlive(stat) && stat.pgid === facts.pgid)
    .map((stat) => stat?.pid ?? facts.pid);
}
