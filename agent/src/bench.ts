// Everything of an agent that works without a coordinator: locks, journal, scan, and the execution of orders. The running
// agent puts sessions on top of it; a restore by hand, while no agent runs, uses it as it is.
import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '@servo-auditor/proto/clock.ts';
import { parseId, type Generation, type HostId } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Context } from './act/context.ts';
import { Executor } from './act/execute.ts';
import { Holds } from './act/holds.ts';
import { Journal } from './act/journal.ts';
import { Seen } from './act/memory.ts';
import { SentNonces } from './act/nonces.ts';
import { openActor } from './act/open.ts';
import { Scanner } from './act/scanner.ts';
import { noteWaited } from './act/waited.ts';
import { runtimeOptions, storeOptions, type Config } from './config.ts';
import { lockGeneration, lockOne } from './scan/lock.ts';
import { generationOf } from './scan/reader.ts';
import { openRuntime } from './scan/runtime/index.ts';
import type { Runtime } from './scan/runtime/port.ts';
import { openStore } from './scan/store/index.ts';
import type { Store } from './scan/store/port.ts';

export interface Bench {
  readonly generation: Generation;
  readonly store: Store;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly seen: Seen;
  readonly nonces: SentNonces;
  readonly scanner: Scanner;
  readonly holds: Holds;
  readonly executor: Executor;
  /** Ends what is under way, writes the time down, and gives the locks back. */
  close(): Promise<void>;
}

/** What only a running agent has. */
export interface Voice {
  readonly host: HostId;
  readonly verify: Context['verify'];
  readonly ask: Context['ask'];
  /** Absent: those of the configuration. */
  readonly limits?: Context['limits'];
}

/** No coordinator, so no orders. */
export const mute: Voice = {
  host: parseId('host', 'local'),
  verify: () => false,
  ask: () => Promise.reject(new Error('there is no coordinator here')),
};

/** Where the hold files are. */
export function holdsOf({ holds, state }: Pick<Config, 'holds' | 'state'>): Holds {
  return new Holds(holds ?? join(state, 'holds'));
}

/** Throws when another agent works here, or something on this host is not as configured. */
export async function openBench(config: Config, voice: Voice, log: Logger): Promise<Bench> {
  const store = openStore(storeOptions(config));
  const runtime = openRuntime(runtimeOptions(config));
  const generation = generationOf(store, runtime);
  prepareState(config.state);
  const stateLock = await lockOne(`state ${realpathSync(config.state)}`);
  const lock = await lockGeneration(store, runtime).catch((error: unknown) => {
    stateLock.close();
    throw error;
  });
  const unlock = async () => {
    stateLock.close();
    await lock.close();
  };
  try {
    const journal = new Journal(config.state);
    const bench = benchOf(config, voice, log, { store, runtime, generation, journal });
    return { ...bench, close: () => closeBench(bench, unlock) };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function benchOf(
  config: Config,
  voice: Voice,
  log: Logger,
  opened: Pick<Bench, 'store' | 'runtime' | 'generation' | 'journal'>,
): Omit<Bench, 'close'> {
  const { journal } = opened;
  const { activity } = config;
  const clock = systemClock(journal.view.waitedMs, config.demo?.factor ?? 1);
  const seen = new Seen(journal, clock);
  const nonces = new SentNonces();
  const holds = holdsOf(config);
  holds.prepare();
  const scanner = new Scanner({
    ...opened,
    clock,
    view: journal.view,
    limits: {
      activity: {
        windowMs: activity.window,
        quietCpuPermille: activity.quietCpu,
        quietBytesPerS: activity.quietTraffic,
      },
      maxScanMs: config.maxScan,
    },
  });
  const executor = new Executor({
    ...voice,
    clock,
    journal,
    seen,
    scanner,
    holds,
    nonces,
    log,
    actor: openActor(config),
    newNonce: () => parseId('nonce', randomBytes(16).toString('hex')),
    limits: voice.limits ?? limitsOf(config),
  });
  if (journal.tornBytes > 0)
    log.warn({ event: 'journal.torn', path: journal.path, bytes: journal.tornBytes });
  if (journal.damage !== undefined) log.error({ event: 'journal.damaged', message: journal.damage });
  return { ...opened, clock, seen, nonces, scanner, holds, executor };
}

export function limitsOf({ limits }: Pick<Config, 'limits'>): Context['limits'] {
  const { stops, window, longShare, longWindow } = limits;
  return { stops, windowMs: window, longShare, longWindowMs: longWindow };
}

/** The environments of servos stand in it. */
function prepareState(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const mode = statSync(directory).mode & 0o777;
  if ((mode & 0o022) !== 0)
    throw new Error(
      `${directory}: mode ${mode.toString(8)} lets others change the journal; run: chmod 700 ${directory}`,
    );
}

async function closeBench(bench: Omit<Bench, 'close'>, unlock: () => Promise<void>): Promise<void> {
  const { executor, journal, clock, runtime } = bench;
  await executor.drain();
  runtime.close?.();
  noteWaited(journal, clock, 0);
  journal.close();
  await unlock();
}
