// The runtime of containers that containerd runs, asked through its own API, in the namespaces that are configured.
//
// Scope: a label that every servo's container has, whose value names installation and host. Out of scope is no servo. In
// scope, a container that says no uid is a problem. A servo is a container with a task that runs. Its runtime id is
// `<namespace>/<container id>`; its incarnation is the container's id with its creation to the nanosecond, since an id may be
// given again. Stopped and started it is the same container, and so the same incarnation.
//
// Between two lists of everything (hints.ts) each first process and its counters are looked at in /proc: another process, or
// none, and the engine is asked again.
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import { isId, parseId, spellingOf, type IdKind } from '@servo-auditor/proto/ids.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { inBatches } from '../../batches.ts';
import { problem, says } from '../../problem.ts';
import { groupOf, type Group } from '../cgroup-use.ts';
import { addressKey, type Tables } from '../connections.ts';
import { groupUse, unseen } from '../container-use.ts';
import { fieldOf, identityOf, type ContainerIdentity } from '../docker/identity.ts';
import type { Runtime, RuntimeObject, Usage } from '../port.ts';
import { isAlive, readStatSync } from '../proc.ts';
import { incarnationOf, isGroupOf, runtimeIdOf, type Container } from './answers.ts';
import { ContainerdError, openClient, type Client } from './client.ts';
import { conformContainerd } from './corpus.ts';
import { listen, type Hints } from './hints.ts';
import { openReader, placeOf, type Reader, type Running } from './listing.ts';
import { whoLivesIn } from './sharing.ts';

export interface ContainerdOptions {
  /** Path of the engine's Unix socket. */
  readonly socket: string;
  /** containerd's namespaces that servos may be in. */
  readonly namespaces: readonly string[];
  /** Label that every servo of this installation on this host has, with its value. */
  readonly marker: { readonly label: string; readonly value: string };
  /** Where the runtime reads the servo's uid; a container's name is its id. */
  readonly identity: ContainerIdentity;
  /** Longest wait for one answer of the engine, in milliseconds. */
  readonly answerMs: number;
  /** How long reports may rest on the engine's events, in milliseconds, before everything is listed again. */
  readonly fullEveryMs: number;
  /** IP addresses whose connections are no use of a servo: health checks. */
  readonly probeSources: readonly string[];
}

/** Throws a `TypeError` that says what would be right for something that is no address. */
export function openContainerd(options: ContainerdOptions): Runtime {
  const probes = new Set(options.probeSources.map(addressKey));
  const { marker, identity, socket, namespaces } = options;
  const inScope = (labels: Readonly<Record<string, string>>) => labels[marker.label] === marker.value;
  const client = openClient(socket, options.answerMs);
  const hints = listen<readonly Running[]>(client, namespaces, options.fullEveryMs);
  const reader = openReader(client, inScope);
  const meter = openMeter(probes);
  return {
    name: 'containerd',
    identityField: fieldOf(identity),
    labelKind: 'label',
    mapping: { identity: fieldOf(identity), marker: marker.label },
    lock: `containerd ${realSocket(socket)} ${marker.label}=${marker.value}`,
    async list(signal, depth = 'full') {
      const problems: Problem[] = [];
      try {
        const all = await runningNow({ client, hints, reader, namespaces, depth, signal, problems, inScope });
        const scoped = all.filter(({ container }) => inScope(container.labels));
        const guests = whoLivesIn(all);
        const uidOf = (one: Container) => (inScope(one.labels) ? uidIn(one, identity) : undefined) ?? '?';
        meter.begin(scoped);
        const objects = await inBatches(scoped, signal, async (one) => {
          const inside = guests.get(runtimeIdOf(one.container)) ?? [];
          return objectOf(one, options, inside.map(uidOf).toSorted(), await meter.read(one), problems);
        });
        return { objects: objects.filter((object) => object !== undefined), problems };
      } catch (error) {
        signal.throwIfAborted();
        return { objects: [], problems: [failure(socket, error)] };
      }
    },
    conform: () => Promise.resolve(conformContainerd(identity)),
    close() {
      hints.close();
      client.close();
    },
  };
}

interface Asking {
  readonly client: Client;
  readonly hints: Hints<readonly Running[]>;
  readonly reader: Reader;
  readonly namespaces: readonly string[];
  readonly depth: 'full' | 'hinted';
  readonly signal: AbortSignal;
  readonly problems: Problem[];
  readonly inScope: (labels: Readonly<Record<string, string>>) => boolean;
}

/** The engine's list, or the last one where its events say that it still is right and it answers at all. */
async function runningNow(asking: Asking): Promise<readonly Running[]> {
  const { client, hints, reader, namespaces, depth, signal, problems, inScope } = asking;
  if (depth === 'hinted' && hints.last() !== undefined) {
    await client.ask('version', '', {}, { signal });
    // An event may have come while it was asked.
    const last = hints.last();
    if (last !== undefined) {
      const looked = await inBatches(last, signal, async (one) =>
        !inScope(one.container.labels) || isSame(one) ? one : await reader.again(one, signal, problems),
      );
      return looked.filter((one) => one !== undefined);
    }
  }
  hints.begin(depth === 'hinted');
  const all: Running[] = [];
  for (const namespace of namespaces) all.push(...(await reader.list(namespace, signal, problems)));
  // What could not be read once is asked for again.
  if (problems.length === 0) hints.remember(all);
  return all;
}

/** Whether its first process is the one that it was. */
function isSame({ pid, startTicks }: Running): boolean {
  const stat = pid === undefined || startTicks === undefined ? undefined : readStatSync(pid);
  return isAlive(stat) && stat.startTicks === startTicks;
}

function uidIn({ id, labels, spec }: Container, identity: ContainerIdentity): string | undefined {
  return identityOf(identity, { names: [id], labels, env: spec.env });
}

function objectOf(
  { container, pid }: Running,
  { identity, marker }: ContainerdOptions,
  entangledWith: readonly string[],
  usage: Usage,
  problems: Problem[],
): RuntimeObject | undefined {
  const path = placeOf(container);
  const uid = uidIn(container, identity);
  const field = fieldOf(identity);
  const name = runtimeIdOf(container);
  const content = canonicalJson({ name, createdAt: container.createdAt, labels: container.labels });
  const fault = (code: string, message: string): undefined =>
    void problems.push(problem(path, code, message, content));
  const misspelt = (kind: IdKind, text: string) =>
    `holds ${JSON.stringify(text.slice(0, 40))}: want ${spellingOf(kind)}`;
  if (uid === undefined)
    return fault(
      'no-uid',
      `has the label ${marker.label}=${marker.value}, and no ${field} to say which servo it is`,
    );
  if (!isId('servo uid', uid)) return fault('bad-uid', `${field} ${misspelt('servo uid', uid)}`);
  if (!isId('runtime id', name)) return fault('bad-name', `its name ${misspelt('runtime id', name)}`);
  return {
    runtimeId: name,
    incarnation: parseId('incarnation', incarnationOf(container)),
    uid,
    labels: container.labels,
    usage,
    argv: undefined,
    cwd: undefined,
    launch: { by: 'runtime', runtimeId: name, before: {} },
    pid,
    entangledWith,
    path,
  };
}

/** What they have done, by the kernel's own files: it costs the engine nothing. */
function openMeter(probes: ReadonlySet<string>) {
  /** By first process: where it is does not change. */
  let groups = new Map<string, Group>();
  let tables: Tables = new Map();
  const keyOf = ({ pid, startTicks }: Running) => `${pid} ${startTicks}`;
  return {
    begin(all: readonly Running[]) {
      tables = new Map();
      const now = new Set(all.map(keyOf));
      groups = new Map([...groups].filter(([key]) => now.has(key)));
    },
    async read(one: Running): Promise<Usage> {
      const { pid, startTicks, container } = one;
      if (pid === undefined || startTicks === undefined) return unseen;
      const group = groups.get(keyOf(one)) ?? (await groupOf(pid, isGroupOf(container)));
      if (group !== undefined) groups.set(keyOf(one), group);
      return await groupUse(pid, group, probes, tables);
    },
  };
}

function failure(socket: string, error: unknown): Problem {
  if (!(error instanceof ContainerdError)) return problem(socket, 'unintelligible', says(error));
  return problem(socket, error.kind === 'away' ? 'engine-away' : 'engine-refuses', error.message);
}

/** Two names of one socket are one engine. The socket itself may not be there yet. */
function realSocket(socket: string): string {
  try {
    return join(realpathSync(dirname(socket)), basename(socket));
  } catch {
    return socket;
  }
}
