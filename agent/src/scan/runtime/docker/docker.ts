// The runtime of containers behind the Docker Engine API: Docker Engine, and Podman through its compatible service.
//
// Scope: a label that every servo's container has, whose value names installation and host. Out of scope is no servo. In
// scope, a container that says no uid is a problem. Runtime id and incarnation are the engine's id: 256 random bits that
// are made with the container, stay while it is stopped and started, and never come again; created anew is another one.
//
// What is cached of a container is what its id fixes (environment, namespaces, where its control group is) and its first
// process, which is looked at in /proc each time: another one, or none, and the engine is asked again.
import { realpathSync } from 'node:fs';
import { dirname, join, basename } from 'node:path';
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import { isId, parseId, spellingOf } from '@servo-auditor/proto/ids.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { inBatches } from '../../batches.ts';
import { problem, says } from '../../problem.ts';
import { addressKey } from '../connections.ts';
import type { Runtime, RuntimeObject } from '../port.ts';
import { isAlive, readStatSync } from '../proc.ts';
import { readInspected, readList, type Inspected, type Listed } from './answers.ts';
import { EngineError, openClient, type Client } from './client.ts';
import { conformDocker } from './corpus.ts';
import { listen, type Hints } from './hints.ts';
import { fieldOf, identityOf, type ContainerIdentity } from './identity.ts';
import { openMeter, type Meter } from './meter.ts';
import { whoLivesIn } from './sharing.ts';

export interface DockerOptions {
  /** Path of the engine's Unix socket. */
  readonly socket: string;
  /** Label that every servo of this installation on this host has, with its value. */
  readonly marker: { readonly label: string; readonly value: string };
  /** Where the runtime reads the servo's uid. */
  readonly identity: ContainerIdentity;
  /** Longest wait for one answer of the engine, in milliseconds. */
  readonly answerMs: number;
  /** How long reports may rest on the engine's events, in milliseconds, before everything is listed again. */
  readonly fullEveryMs: number;
  /** IP addresses whose connections are no use of a servo: health checks. */
  readonly probeSources: readonly string[];
}

/** States in which nothing of a container runs, of both engines. */
const ended: ReadonlySet<string> = new Set([
  'created',
  'exited',
  'dead',
  'removing',
  'configured',
  'initialized',
  'stopped',
]);
/** States in which something of it runs, or is just being started again. */
const runs: ReadonlySet<string> = new Set(['running', 'paused', 'restarting', 'stopping']);

/** What is known of a container that runs. */
interface Known {
  readonly inspected: Inspected;
  /** Start of its first process, in ticks since boot; undefined where /proc does not show it. */
  readonly startTicks: number | undefined;
}

/** Throws a `TypeError` that says what would be right for something that is no address. */
export function openDocker(options: DockerOptions): Runtime {
  const probes = new Set(options.probeSources.map(addressKey));
  const client = openClient(options.socket, options.answerMs);
  const hints = listen(client, options.fullEveryMs);
  const meter = openMeter(client, probes);
  let known: ReadonlyMap<string, Known> = new Map();
  const { marker, identity } = options;
  return {
    name: 'docker',
    identityField: fieldOf(identity),
    labelKind: 'label',
    mapping: { identity: fieldOf(identity), marker: marker.label },
    lock: `docker ${realSocket(options.socket)} ${marker.label}=${marker.value}`,
    async list(signal, depth = 'full') {
      const problems: Problem[] = [];
      try {
        const rows = await rowsOf(client, hints, depth === 'hinted', signal, problems);
        const scoped = rows.filter((row) => row.labels[marker.label] === marker.value);
        const alive = scoped.filter((row) => isRunning(row, problems));
        const before = known;
        const seen = await inBatches(alive, signal, (row) =>
          closerLook(row, before.get(row.id), client, signal, problems),
        );
        const found = alive.flatMap((row, i) => {
          const one = seen[i];
          return one === undefined ? [] : [{ row, one }];
        });
        known = new Map(found.map(({ row, one }) => [row.id, one]));
        meter.begin(found.map(({ row }) => row.id));
        const objects = await inBatches(found, signal, ({ row, one }) =>
          objectOf(row, one, { all: rows, found, options, meter, signal, problems }),
        );
        return { objects: objects.filter((object) => object !== undefined), problems };
      } catch (error) {
        signal.throwIfAborted();
        known = new Map();
        return { objects: [], problems: [failure(options.socket, error)] };
      }
    },
    conform: () => Promise.resolve(conformDocker(identity)),
    close() {
      hints.close();
      client.close();
    },
  };
}

/** The engine's list, or the last one where its events say that it still is right and it answers at all. */
async function rowsOf(
  client: Client,
  hints: Hints,
  mayRest: boolean,
  signal: AbortSignal,
  problems: Problem[],
): Promise<readonly Listed[]> {
  if (mayRest && hints.last() !== undefined) {
    await client.ask('GET', '/_ping', { signal });
    // An event may have come while it was asked.
    const last = hints.last();
    if (last !== undefined) return last;
  }
  await hints.begin();
  const { value } = await client.ask('GET', '/containers/json?all=1', { signal });
  const { rows, unread } = readList(value);
  if (unread > 0)
    problems.push(
      problem(client.socket, 'unintelligible', `${unread} containers of the list cannot be understood`),
    );
  else hints.remember(rows);
  return rows;
}

function isRunning({ id, names, state }: Listed, problems: Problem[]): boolean {
  if (ended.has(state)) return false;
  if (!runs.has(state))
    problems.push(
      problem(placeOf(id, names), 'unknown-state', `is "${state.slice(0, 40)}": does it run, or not?`),
    );
  return true;
}

/** The container as it is, or undefined when it has ended meanwhile. */
async function closerLook(
  { id, names }: Listed,
  before: Known | undefined,
  client: Client,
  signal: AbortSignal,
  problems: Problem[],
): Promise<Known | undefined> {
  if (before?.startTicks !== undefined) {
    const stat = readStatSync(before.inspected.pid);
    if (isAlive(stat) && stat.startTicks === before.startTicks) return before;
  }
  try {
    const { status, value } = await client.ask('GET', `/containers/${id}/json`, { signal, also: [404] });
    if (status === 404) return undefined;
    const inspected = readInspected(value);
    if (!inspected.running && inspected.status !== 'restarting') return undefined;
    const stat = inspected.pid > 0 ? readStatSync(inspected.pid) : undefined;
    return { inspected, startTicks: isAlive(stat) ? stat.startTicks : undefined };
  } catch (error) {
    signal.throwIfAborted();
    // Of an engine that does not answer at all, one sentence is enough.
    if (error instanceof EngineError && error.status === 0) throw error;
    problems.push(problem(placeOf(id, names), 'unreadable', says(error)));
    return undefined;
  }
}

interface Around {
  readonly all: readonly Listed[];
  readonly found: readonly { readonly row: Listed; readonly one: Known }[];
  readonly options: DockerOptions;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  readonly problems: Problem[];
}

async function objectOf(
  row: Listed,
  { inspected }: Known,
  around: Around,
): Promise<RuntimeObject | undefined> {
  const { id, names, labels } = row;
  const { options, meter, signal, problems, all, found } = around;
  const path = placeOf(id, names);
  const uid = identityOf(options.identity, { names, labels, env: inspected.env });
  const field = fieldOf(options.identity);
  const content = canonicalJson({ id, names, labels });
  if (uid === undefined) {
    const { label, value } = options.marker;
    const message = `has the label ${label}=${value}, and no ${field} to say which servo it is`;
    problems.push(problem(path, 'no-uid', message, content));
    return undefined;
  }
  if (!isId('servo uid', uid)) {
    const message = `${field} holds ${JSON.stringify(uid.slice(0, 40))}: want ${spellingOf('servo uid')}`;
    problems.push(problem(path, 'bad-uid', message, content));
    return undefined;
  }
  const runtimeId = parseId('runtime id', id);
  return {
    runtimeId,
    incarnation: parseId('incarnation', id),
    uid,
    labels,
    usage: await meter.read(id, inspected, signal),
    argv: undefined,
    cwd: undefined,
    launch: { by: 'runtime', runtimeId, before: {} },
    pid: inspected.pid > 0 ? inspected.pid : undefined,
    entangledWith: whoLivesIn(row, all, found, options.identity),
    path,
  };
}

/** How a container is called in messages. */
export function placeOf(id: string, names: readonly string[]): string {
  return `container ${names[0] ?? ''} ${id.slice(0, 12)}`.replace('  ', ' ');
}

function failure(socket: string, error: unknown): Problem {
  if (!(error instanceof EngineError)) return problem(socket, 'unintelligible', says(error));
  return problem(socket, error.status === 0 ? 'engine-away' : 'engine-refuses', error.message);
}

/** Two names of one socket are one engine. The socket itself may not be there yet. */
function realSocket(socket: string): string {
  try {
    return join(realpathSync(dirname(socket)), basename(socket));
  } catch {
    return socket;
  }
}
