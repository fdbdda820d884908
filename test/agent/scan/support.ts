// Real processes, real files and values for the tests of the scan.
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import { inspect, start, stop, type ProcessFacts } from '../../../agent/src/scan/runtime/process-act.ts';
import type { RuntimeObject } from '../../../agent/src/scan/runtime/port.ts';
import type { ProcessOptions } from '../../../agent/src/scan/runtime/process.ts';
import type { StoreRecord } from '../../../agent/src/scan/store/port.ts';

export const me = String(process.getuid?.());
export const PATH = process.env['PATH'] ?? '/usr/bin:/bin';
export const never = new AbortController().signal;

/** A value for the marker that no other test, in this process or another, has. */
export function freshMarker(): string {
  return `test-${randomBytes(8).toString('hex')}`;
}

export function processOptions(marker: string, more: Partial<ProcessOptions> = {}): ProcessOptions {
  return {
    users: [me],
    marker: { variable: 'SERVO_HOST', value: marker },
    // Whatever else this user runs may hide its environment.
    commands: ['sleep', 'sh', 'bash', process.execPath],
    identity: { from: 'environment', variable: 'SERVO_UID' },
    probeSources: [],
    ...more,
  };
}

/** A process of its own session that runs until it is stopped, at the latest when the test ends. */
export async function run(
  t: Test,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ProcessFacts> {
  const started = await start({ argv, cwd: '/', env: { PATH, ...env } });
  if (started.kind !== 'started') throw new Error(started.message);
  const facts = await inspect(started.pid);
  if (facts === undefined) throw new Error(`${argv.join(' ')} has ended`);
  t.teardown(() => stop(facts, 0));
  return facts;
}

/** Runs a command that says one line when it is ready, by way of a file, and resolves when it has. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function at(waitMs: number, monoMs = waitMs): Now {
  return { bootId: parseId('boot', 'b'), monoMs, bootMs: monoMs, wallMs: monoMs, waitMs };
}

export function object(uid: string, pid: number, more: Partial<RuntimeObject> = {}): RuntimeObject {
  return {
    runtimeId: parseId('runtime id', `${pid}:1`),
    incarnation: parseId('incarnation', `b:${pid}:1`),
    uid: parseId('servo uid', uid),
    labels: {},
    usage: { cpuMs: 0, cpuStepMs: 10, connections: 0 },
    argv: ['sleep', '1'],
    cwd: '/',
    pid,
    entangledWith: [],
    path: `/proc/${pid}`,
    ...more,
  };
}

export function record(uid: string, more: Partial<StoreRecord> = {}): StoreRecord {
  return {
    uid: parseId('servo uid', uid),
    project: parseId('project', 'p-1'),
    argv: undefined,
    cwd: undefined,
    env: undefined,
    path: `/store/${uid}.json`,
    of: undefined,
    ...more,
  };
}
