// The runtime of plain processes: everything from /proc, readable without privileges for processes of the same user.
//
// Scope, in this order: the process belongs to one of the configured Unix users; one of its arguments begins as configured,
// if that is configured; the marker variable in its environment holds the configured value, which names installation and
// host. Out of scope is no servo. In scope of user and command, an environment that cannot be read is a problem: it may be
// a servo's. A process that overwrote its own environment has no marker any more, and shows as a record without object.
import { readFileSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { isId, spellingOf, type BootId } from '@servo-auditor/proto/ids.ts';
import { readBootId } from '@servo-auditor/proto/clock.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { inBatches } from '../batches.ts';
import { problem, says } from '../problem.ts';
import { addressKey, countConnections, type Tables } from './connections.ts';
import { conformProcess } from './process-corpus.ts';
import { fieldOf, identityOf, labelsOf, variableOf, type ProcessIdentity } from './process-identity.ts';
import { processIncarnation, processRuntimeId } from './process-id.ts';
import { families, type Family, type Member } from './process-members.ts';
import type { Runtime, RuntimeObject, RuntimeReading } from './port.ts';
import {
  isAlive,
  listPids,
  readParts,
  readStatSync,
  readOwnerSync,
  readUserSync,
  tickMs,
  type ProcStat,
} from './proc.ts';

export type { ProcessIdentity } from './process-identity.ts';

export interface ProcessOptions {
  /** Unix users by name or number, whose processes may be servos. At least one. */
  readonly users: readonly string[];
  /** Variable that every servo of this installation on this host has, with its value. */
  readonly marker: { readonly variable: string; readonly value: string };
  /**
   * Beginnings of arguments, one of which every servo's process has, and keeps while it runs. Empty: any command. For users
   * who also run programs that hide their environment (ssh-agent, browsers), which would make the inventory incomplete.
   */
  readonly commands: readonly string[];
  /** Where the runtime reads the servo's uid. */
  readonly identity: ProcessIdentity;
  /** IP addresses whose connections are no use of a servo: health checks. */
  readonly probeSources: readonly string[];
}

/** A process in scope, with what it was started with. */
interface Scoped extends Member {
  readonly stat: ProcStat;
  readonly argv: readonly string[];
  readonly environ: readonly string[];
}

/** Throws a `TypeError` that says what would be right for an unknown user or something that is no address. */
export function openProcess(options: ProcessOptions): Runtime {
  const users = new Set(options.users.map(userNumber));
  if (users.size === 0) throw new TypeError('no Unix user is configured whose processes may be servos');
  const probes = new Set(options.probeSources.map(addressKey));
  const bootId = readBootId();
  return {
    name: 'process',
    identityField: fieldOf(options.identity),
    labelKind: 'env',
    mapping: { identity: fieldOf(options.identity), marker: options.marker.variable },
    lock: `process ${[...users].toSorted((a, b) => a - b).join(',')} ${options.marker.variable}=${options.marker.value}`,
    async list(signal) {
      const problems: Problem[] = [];
      const found = await inBatches(listPids(), signal, (pid) => lookAt(pid, users, options, problems));
      const all = families(found.filter((m) => m !== undefined));
      const tables: Tables = new Map();
      const objects = await inBatches(all, signal, (family) =>
        objectOf(family, bootId, probes, tables, problems, options),
      );
      return { objects: objects.filter((o) => o !== undefined), problems } satisfies RuntimeReading;
    },
    conform: () => Promise.resolve(conformProcess(options.identity)),
  };
}

/** One process, if it is in scope. What ended while it was looked at is not there. */
async function lookAt(
  pid: number,
  users: ReadonlySet<number>,
  options: ProcessOptions,
  problems: Problem[],
): Promise<Scoped | undefined> {
  // The first process is the host itself, and this one its agent: neither is a servo, whatever it says.
  if (pid === 1 || pid === process.pid) return undefined;
  try {
    const user = readUserSync(pid);
    if (user === undefined || !users.has(user)) return undefined;
    const before = readStatSync(pid);
    if (!isAlive(before)) return undefined;
    const argv = await readParts(pid, 'cmdline');
    if (argv === undefined || !commandInScope(argv, options.commands)) return undefined;
    const environ = await readParts(pid, 'environ');
    const stat = readStatSync(pid);
    if (environ === undefined || !isAlive(stat) || stat.startTicks !== before.startTicks) return undefined;
    if (variableOf(environ, options.marker.variable) !== options.marker.value) return undefined;
    return { ...stat, stat, argv, environ, says: identityOf(options.identity, argv, environ) };
  } catch (error) {
    // It may have ended between two reads, which some of these files report as an error of their own.
    if (!isAlive(readStatSync(pid))) return undefined;
    problems.push(
      problem(
        `/proc/${pid}`,
        'unreadable',
        `${says(error)}; it may be a servo: run the agent as its user, or take it out of the configured scope`,
      ),
    );
    return undefined;
  }
}

/** Whether one argument begins as configured. */
export function commandInScope(argv: readonly string[], commands: readonly string[]): boolean {
  return (
    commands.length === 0 ||
    argv.some((argument) => commands.some((beginning) => argument.startsWith(beginning)))
  );
}

async function objectOf(
  family: Family<Scoped>,
  bootId: BootId,
  probes: ReadonlySet<string>,
  tables: Tables,
  problems: Problem[],
  options: ProcessOptions,
): Promise<RuntimeObject | undefined> {
  const { representative: first, members, uid } = family;
  const path = `/proc/${first.pid}`;
  const content = [...first.argv, '', ...first.environ].join('\0');
  if (uid === undefined) {
    problems.push(
      problem(
        path,
        'no-uid',
        `has ${options.marker.variable}, and no ${fieldOf(options.identity)} to say which servo it is`,
        content,
      ),
    );
    return undefined;
  }
  if (!isId('servo uid', uid)) {
    problems.push(
      problem(
        path,
        'bad-uid',
        `${fieldOf(options.identity)} holds ${JSON.stringify(uid.slice(0, 40))}: want ${spellingOf('servo uid')}`,
        content,
      ),
    );
    return undefined;
  }
  return {
    runtimeId: processRuntimeId(first.pid, first.startTicks),
    incarnation: processIncarnation(bootId, first.pid, first.startTicks),
    uid,
    labels: labelsOf(first.environ),
    usage: {
      cpuMs: members.reduce((sum, m) => sum + m.stat.cpuTicks, 0) * tickMs,
      cpuStepMs: tickMs,
      connections: await countConnections(
        members.map((m) => m.pid),
        probes,
        tables,
      ),
    },
    argv: first.argv.length > 0 ? first.argv : undefined,
    cwd: await cwdOf(first.pid),
    owner: readOwnerSync(first.pid),
    pid: first.pid,
    entangledWith: family.sharesGroupWith,
    path,
  };
}

/** A folder that was deleted cannot be gone back to. */
async function cwdOf(pid: number): Promise<string | undefined> {
  try {
    const cwd = await readlink(`/proc/${pid}/cwd`);
    return cwd.endsWith(' (deleted)') ? undefined : cwd;
  } catch {
    // Gone or hidden: what cannot be told is not there, and a stop that could not be undone is refused later.
    return undefined;
  }
}

/** Number of a Unix user, given by number or by its name in /etc/passwd. */
function userNumber(user: string): number {
  if (/^\d+$/.test(user)) return Number(user);
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${user}:`));
  const number = line?.split(':')[2];
  if (number === undefined)
    throw new TypeError(
      `there is no Unix user "${user}" in /etc/passwd; give its number if it stands elsewhere`,
    );
  return Number(number);
}
