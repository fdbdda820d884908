// Whether stopping a plain process keeps it whole and stopped: nothing deletes it, and nothing brings it back.
// What cannot be told is not keepable.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { codeOf } from './proc.ts';
import type { Unit } from './cgroup.ts';
import type { RuntimeObject } from './port.ts';
import type { ProcessFacts } from './process-act.ts';

export interface KeepOptions {
  /** Parents beside pid 1 that never start a child again: command names as in /proc/<pid>/comm, at most 15 characters. */
  readonly parents: readonly string[];
}

export type Keepable =
  | { readonly keepable: true }
  | { readonly keepable: false; readonly code: NotKeepable; readonly message: string };

export type NotKeepable =
  'not-leader' | 'entangled' | 'several-groups' | 'parent' | 'unit-restarts' | 'unit-unknown';

/** How long systemd may take to say what restarts a unit. */
const maxSystemctlMs = 2000;

/**
 * @param facts from a fresh `inspect`.
 * @param object the same process, from a fresh scan: only the scan knows which processes are servos.
 */
export async function keepable(
  facts: ProcessFacts,
  object: Pick<RuntimeObject, 'entangledWith'>,
  options: KeepOptions,
): Promise<Keepable> {
  if (facts.pid !== facts.pgid) {
    return no(
      'not-leader',
      `process ${facts.pid} does not lead its group ${facts.pgid}; start servos in a session of their own`,
    );
  }
  if (object.entangledWith.length > 0) {
    const others = object.entangledWith.slice(0, 5).join(', ');
    return no(
      'entangled',
      `stopping it would stop ${others} too, in the same process group; start each servo in a session of its own`,
    );
  }
  if (facts.outside.length > 0) {
    const some = facts.outside.slice(0, 5).join(', ');
    return no(
      'several-groups',
      `${facts.outside.length} of its processes left its group (${some}); stop them first, or all by hand`,
    );
  }
  return (await parentRefusal(facts, options)) ?? (await unitRefusal(facts.unit)) ?? { keepable: true };
}

function no(code: NotKeepable, message: string): Keepable {
  return { keepable: false, code, message };
}

async function parentRefusal(facts: ProcessFacts, options: KeepOptions): Promise<Keepable | undefined> {
  if (facts.ppid === 1) return undefined;
  const name = await commandName(facts.ppid);
  if (name !== undefined && options.parents.includes(name)) return undefined;
  const parent = name === undefined ? `${facts.ppid}` : `${facts.ppid} ("${name}")`;
  return no(
    'parent',
    `its parent ${parent} may start it again; list that command among the parents if it never does`,
  );
}

/** Name of a command, or undefined when it is gone. */
async function commandName(pid: number): Promise<string | undefined> {
  try {
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).replace(/\n$/, '');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
    throw new Error(`cannot read /proc/${pid}/comm`, { cause: error });
  }
}

/** A scope never restarts anything; a service says so itself. */
async function unitRefusal(unit: Unit | undefined): Promise<Keepable | undefined> {
  if (unit === undefined || unit.name.endsWith('.scope')) return undefined;
  const restart = await restartOf(unit);
  if (restart === 'no') return undefined;
  if (restart === undefined) return no('unit-unknown', `systemctl does not say what restarts ${unit.name}`);
  return no(
    'unit-restarts',
    `${unit.name} has Restart=${restart} and would start it again; stop that unit by hand`,
  );
}

async function restartOf(unit: Unit): Promise<string | undefined> {
  const manager = unit.user ? ['--user'] : [];
  try {
    const { stdout } = await promisify(execFile)(
      'systemctl',
      [...manager, 'show', '--property=Restart', '--value', '--', unit.name],
      { timeout: maxSystemctlMs },
    );
    return stdout.trim() === '' ? undefined : stdout.trim();
  } catch {
    // No systemctl, no bus, too slow: it did not say, which the caller takes as a refusal.
    return undefined;
  }
}
