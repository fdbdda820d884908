// The runtime of LXC guests.
//
//   from files   which guests there are, and what each is defined as: `<lxcpath>/<name>/config` with what it includes, and
//                whether its root file system is there (guest.ts, which also says what the incarnation is)
//   from tools   which of them run, and as which process: one `lxc-ls` for all (tools.ts)
//   from /proc   what each has done (control group, network), what its first process believes itself to be, and whether
//                something runs of which LXC says nothing (strays.ts)
//
// Scope: a guest whose configuration sets the marker variable to the configured value, which names installation and host.
// Every directory in lxcpath is read all the same: what cannot be read may be a servo, and is a problem.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isId, parseId, spellingOf } from '@servo-auditor/proto/ids.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { inBatches } from '../../batches.ts';
import { problem, says } from '../../problem.ts';
import { addressKey, type Tables } from '../connections.ts';
import { containerUse, unseen } from '../container-use.ts';
import { conformLxc } from './corpus.ts';
import { readGuest, type Guest } from './guest.ts';
import { lxcIdentity, lxcIdentityField, type LxcIdentity } from './identity.ts';
import { sharersOf } from './sharing.ts';
import { straysOf, type Marker } from './strays.ts';
import { lastLine, parseList, runTool, type GuestStanding } from './tools.ts';
import type { Depth, Runtime, RuntimeObject } from '../port.ts';
import { codeOf, readParts } from '../proc.ts';
import { variableOf } from '../process-identity.ts';

export type { LxcIdentity } from './identity.ts';

export interface LxcOptions {
  /** Absolute path of the directory that holds a directory for each guest. */
  readonly lxcpath: string;
  readonly marker: Marker;
  readonly identity: LxcIdentity;
  /** Names of directories in lxcpath that are no guests. */
  readonly ignore: readonly string[];
  /** IP addresses whose connections are no use of a servo: health checks. */
  readonly probeSources: readonly string[];
}

/** How long readings may rest on files that look unchanged, in milliseconds. */
const maxHintedMs = 60_000;

/** Tells the part of a control group's path that is a guest's own. */
export function isPayloadOf({ config }: Pick<Guest, 'config'>): (part: string) => boolean {
  const own = config.get('lxc.cgroup.dir.container')?.split('/').at(-1);
  return (part) => part === own || part.startsWith('lxc.payload.');
}

/** Throws a `TypeError` for something that is no address. */
export function openLxc(options: LxcOptions): Runtime {
  const probes = new Set(options.probeSources.map(addressKey));
  const { marker, identity, lxcpath } = options;
  const field = lxcIdentityField(identity);
  let read: ReadonlyMap<string, Remembered> = new Map();
  let fullAt = -Infinity;
  return {
    name: 'lxc',
    identityField: field,
    labelKind: 'env',
    mapping: { identity: field, marker: marker.variable },
    lock: `lxc ${lxcpath}`,
    async list(signal, wanted = 'full') {
      const problems: Problem[] = [];
      const began = performance.now();
      const depth: Depth = began - fullAt < maxHintedMs ? wanted : 'full';
      const names = namesIn(options, problems);
      read = await readAll(options, names, depth === 'full' ? new Map() : read, signal, problems);
      const standings = await listStandings(options, signal, problems);
      if (standings === undefined) return { objects: [], problems };
      const running = runningOf([...read.values()], standings, options, problems);
      if (depth === 'full') {
        const pids = new Set([...standings.values()].flatMap(({ pid }) => pid ?? []));
        problems.push(...(await straysOf(marker, pids, signal)));
        fullAt = began;
      }
      const sharers = sharersOf([...read.values()].map(({ guest }) => guest));
      const uidOf = (name: string) => uidIn(read.get(name), identity);
      const tables: Tables = new Map();
      const objects = await inBatches(running, signal, (one) =>
        objectOf(one, options, (sharers.get(one.guest.name) ?? []).map(uidOf), probes, tables, problems),
      );
      return { objects: objects.filter((o) => o !== undefined), problems };
    },
    conform: () => Promise.resolve(conformLxc(identity, marker.variable)),
  };
}

/** Directories in lxcpath, links to directories too. What else stands there is LXC's own, and no guest. */
function namesIn({ lxcpath, ignore }: LxcOptions, problems: Problem[]): readonly string[] {
  try {
    const entries = readdirSync(lxcpath, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !ignore.includes(entry.name))
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    const why =
      codeOf(error) === 'ENOENT'
        ? 'there is no such directory: is it mounted, is runtime.lxcpath right?'
        : `cannot be read: ${says(error)}`;
    problems.push(problem(lxcpath, codeOf(error) === 'ENOENT' ? 'vanished' : 'unreadable', why));
    return [];
  }
}

/** A guest as it was read. */
interface Remembered {
  readonly guest: Guest;
  readonly inScope: boolean;
  /** See `stampOf`. */
  readonly stamp: string | undefined;
}

/** Uid of a guest, "?" where it is no servo of this installation. */
function uidIn(one: Remembered | undefined, identity: LxcIdentity): string {
  return one?.inScope === true ? (lxcIdentity(identity, one.guest) ?? '?') : '?';
}

/** @param before guests that need not be read again where their files look the same. */
async function readAll(
  options: LxcOptions,
  names: readonly string[],
  before: ReadonlyMap<string, Remembered>,
  signal: AbortSignal,
  problems: Problem[],
): Promise<ReadonlyMap<string, Remembered>> {
  const found = new Map<string, Remembered>();
  await inBatches(names, signal, (name) => {
    const known = before.get(name);
    if (known !== undefined && isSame(known, options)) found.set(name, known);
    else {
      const one = readOne(options, name, problems);
      if (one !== undefined) found.set(name, one);
    }
    return Promise.resolve();
  });
  return found;
}

function readOne(options: LxcOptions, name: string, problems: Problem[]): Remembered | undefined {
  const path = join(options.lxcpath, name);
  const stamp = stampOf(options.lxcpath, name);
  const read = readGuest(options.lxcpath, name);
  switch (read.kind) {
    case 'gone':
      return undefined;
    case 'fault':
      problems.push(problem(path, read.code, read.message, read.content));
      return undefined;
    case 'guest': {
      const { guest } = read;
      return { guest, stamp, inScope: guest.environment[options.marker.variable] === options.marker.value };
    }
  }
}

/** Whether a guest's own files look as they did; what it includes may change unseen. */
function isSame({ guest, stamp }: Remembered, { lxcpath }: LxcOptions): boolean {
  return stamp !== undefined && !guest.config.includes && stamp === stampOf(lxcpath, guest.name);
}

/** What changes when a guest's files do. Undefined where that cannot be told. */
function stampOf(lxcpath: string, name: string): string | undefined {
  const path = join(lxcpath, name);
  try {
    const file = statSync(join(path, 'config'), { bigint: true });
    const folder = statSync(path, { bigint: true });
    return [file.ino, file.mtimeNs, file.ctimeNs, file.size, folder.ino, folder.mtimeNs, folder.ctimeNs].join(
      ' ',
    );
  } catch {
    return undefined;
  }
}

async function listStandings(
  options: LxcOptions,
  signal: AbortSignal,
  problems: Problem[],
): Promise<ReadonlyMap<string, GuestStanding> | undefined> {
  const ran = await runTool(options, 'lxc-ls', ['-f', '-F', 'NAME,STATE,PID'], { ms: maxListMs, signal });
  signal.throwIfAborted();
  try {
    if (ran.kind === 'failed') problems.push(problem(options.lxcpath, ran.code, ran.message));
    else if (ran.code !== 0)
      problems.push(problem(options.lxcpath, 'tools-failed', `lxc-ls failed: ${lastLine(ran.err)}`));
    else return parseList(ran.out);
  } catch (error) {
    problems.push(problem(options.lxcpath, 'tools-failed', says(error)));
  }
  return undefined;
}

/** How long `lxc-ls` may take, in milliseconds: a thousand guests take a tenth of a second. */
const maxListMs = 5000;

interface Running {
  readonly guest: Guest;
  readonly pid: number | undefined;
}

/** Guests in scope that run and are what they were when they were read. */
function runningOf(
  read: readonly Remembered[],
  standings: ReadonlyMap<string, GuestStanding>,
  options: LxcOptions,
  problems: Problem[],
): readonly Running[] {
  return read.flatMap((one) => {
    const { guest, inScope, stamp } = one;
    const standing = standings.get(guest.name);
    if (!inScope || standing?.state === 'STOPPED') return [];
    if (stamp !== undefined && stamp === stampOf(options.lxcpath, guest.name)) {
      if (standing !== undefined) return [{ guest, pid: standing.pid }];
      const message =
        'is configured, and LXC does not list it, as it cannot read its configuration: lxc-info says why';
      problems.push(problem(guest.path, 'broken', message, guest.text));
    } else if (readGuest(options.lxcpath, guest.name).kind !== 'gone') {
      problems.push(problem(guest.path, 'changed', 'changed while it was read: the next reading will tell'));
    }
    return [];
  });
}

async function objectOf(
  { guest, pid }: Running,
  { identity }: LxcOptions,
  entangledWith: readonly string[],
  probes: ReadonlySet<string>,
  tables: Tables,
  problems: Problem[],
): Promise<RuntimeObject | undefined> {
  const { name, path, text, incarnation, environment } = guest;
  const field = lxcIdentityField(identity);
  const uid = lxcIdentity(identity, guest);
  const fault = (code: string, message: string): undefined =>
    void problems.push(problem(path, code, message, text));
  if (!isId('runtime id', name))
    return fault('bad-name', `the guest's name is no runtime id: want ${spellingOf('runtime id')}`);
  if (uid === undefined) return fault('no-uid', `has the marker, and no ${field} to say which servo it is`);
  if (!isId('servo uid', uid))
    return fault(
      'bad-uid',
      `${field} holds ${JSON.stringify(uid.slice(0, 40))}: want ${spellingOf('servo uid')}`,
    );
  const believed = await believedBy(pid, identity);
  if (believed !== undefined && believed !== uid)
    return fault(
      'edited',
      `runs as ${JSON.stringify(believed.slice(0, 40))}, and its configuration says ${uid} now: restart the guest`,
    );
  const runtimeId = parseId('runtime id', name);
  return {
    runtimeId,
    incarnation,
    uid,
    labels: environment,
    usage: pid === undefined ? unseen : await containerUse(pid, isPayloadOf(guest), probes, tables),
    argv: undefined,
    cwd: undefined,
    launch: { by: 'runtime', runtimeId, before: {} },
    pid,
    entangledWith,
    path,
  };
}

/** What its first process was started as. Undefined where that says nothing: it may have overwritten its environment. */
async function believedBy(pid: number | undefined, identity: LxcIdentity): Promise<string | undefined> {
  if (pid === undefined || identity.from !== 'environment') return undefined;
  const environ = await readParts(pid, 'environ').catch(() => undefined);
  return environ === undefined ? undefined : variableOf(environ, identity.variable);
}
