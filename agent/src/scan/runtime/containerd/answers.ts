// What this agent needs of a container and of its specification, taken from what the engine keeps, or a refusal. Pure.
import type { Process, Status, Timestamp, WireContainer } from './api.ts';
import { statuses } from './api.ts';

/** One container of one namespace. */
export interface Container {
  readonly namespace: string;
  readonly id: string;
  /** When it was made, to the nanosecond, as `2026-11-23T12:00:00.000000001Z`. */
  readonly createdAt: string;
  /** Changes whenever anything of it was changed. */
  readonly updatedAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly snapshotter: string;
  /** Empty: its root is no snapshot. */
  readonly snapshotKey: string;
  readonly spec: Spec;
}

/** What it runs, as far as it matters here. */
export interface Spec {
  readonly env: readonly string[];
  /** Empty where it says none. */
  readonly rootPath: string;
  /** Where files are in memory alone. */
  readonly tmpfs: readonly string[];
  /** Its own namespaces. */
  readonly made: readonly string[];
  /** Namespaces that it lives in and that others made, each with where it is. */
  readonly joined: readonly { readonly kind: string; readonly path: string }[];
  /** It lives on the host's network. */
  readonly hostNetwork: boolean;
  /** As it was asked for: `/parent/name`, or `slice:prefix:name`. */
  readonly cgroupsPath: string;
  /** Commands that run when it has ended. */
  readonly afterStop: readonly string[];
}

/** Longest part of a specification that says nothing wrong. */
const maxSpecBytes = 4 * 1024 * 1024;
/** Kinds of namespaces, as specifications call them -> as /proc/<pid>/ns does. */
export const namespaceFiles: Readonly<Record<string, string>> = {
  network: 'net',
  pid: 'pid',
  ipc: 'ipc',
  uts: 'uts',
  mount: 'mnt',
};

/** Id and creation: an id may be given again, and never at the same nanosecond. */
export function incarnationOf({ id, createdAt }: Pick<Container, 'id' | 'createdAt'>): string {
  return `${id}@${createdAt}`;
}

/** What the runtime calls it: ids are told apart by their namespaces. */
export function runtimeIdOf({ namespace, id }: Pick<Container, 'namespace' | 'id'>): string {
  return `${namespace}/${id}`;
}

/** Back from a runtime id; undefined for what is none. */
export function splitRuntimeId(
  runtimeId: string,
): { readonly namespace: string; readonly id: string } | undefined {
  const parts = runtimeId.split('/');
  const [namespace, id] = parts;
  return namespace && id && parts.length === 2 ? { namespace, id } : undefined;
}

/** The container, or what is wrong with it. */
export function readContainer(
  namespace: string,
  wire: WireContainer | null,
): Container | { readonly wrong: string } {
  if (wire === null || wire.id === '') return { wrong: 'it has no id' };
  const createdAt = timeOf(wire.createdAt);
  if (createdAt === undefined) return { wrong: 'it does not say when it was created' };
  const spec = wire.spec === null ? 'it has no specification' : readSpec(wire.spec.value);
  if (typeof spec === 'string') return { wrong: spec };
  const { id, labels, snapshotter, snapshotKey } = wire;
  const updatedAt = timeOf(wire.updatedAt) ?? '';
  return { namespace, id, createdAt, updatedAt, labels, snapshotter, snapshotKey, spec };
}

/** The last second of the year 9999. */
const maxSeconds = 253_402_300_799;

/** Undefined for what is no time between 1970 and then. */
export function timeOf(time: Timestamp | null): string | undefined {
  if (time === null || !/^\d{1,12}$/.test(time.seconds)) return undefined;
  const seconds = Number(time.seconds);
  if (seconds === 0 || seconds > maxSeconds || time.nanos < 0 || time.nanos > 999_999_999) return undefined;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(time.nanos).padStart(9, '0')}Z`;
}

export function statusOf({ status }: Pick<Process, 'status'>): Status {
  return statuses[status] ?? 'unknown';
}

/** The specification, or what is wrong with it. */
export function readSpec(bytes: Uint8Array): Spec | string {
  if (bytes.length > maxSpecBytes) return `its specification has more than ${maxSpecBytes} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return 'its specification is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'its specification is no JSON object';
  const spec = fieldsOf(value);
  const [process, linux] = [fieldsOf(spec['process']), fieldsOf(spec['linux'])];
  const namespaces = listOf(linux['namespaces']).map(fieldsOf);
  const named = namespaces.map((one) => ({ kind: textOf(one['type']), path: textOf(one['path']) }));
  return {
    env: listOf(process['env']).filter((one) => typeof one === 'string'),
    rootPath: textOf(fieldsOf(spec['root'])['path']),
    tmpfs: listOf(spec['mounts'])
      .map(fieldsOf)
      .filter((mount) => mount['type'] === 'tmpfs' || mount['type'] === 'ramfs')
      .map((mount) => textOf(mount['destination'])),
    made: named.filter(({ path }) => path === '').map(({ kind }) => kind),
    joined: named.filter(({ path }) => path !== ''),
    hostNetwork: !named.some(({ kind }) => kind === 'network'),
    cgroupsPath: textOf(linux['cgroupsPath']),
    afterStop: listOf(fieldsOf(spec['hooks'])['poststop']).map((hook) => textOf(fieldsOf(hook)['path'])),
  };
}

/** Tells the part of a control group's path that is a container's own. */
export function isGroupOf({ id, spec }: Pick<Container, 'id' | 'spec'>): (part: string) => boolean {
  const { cgroupsPath } = spec;
  const [slice, prefix, name] = cgroupsPath.split(':');
  const own =
    name === undefined ? cgroupsPath.split('/').at(-1) : `${prefix === '' ? '' : `${prefix}-`}${name}.scope`;
  return (part) => part !== '' && part !== slice && (part === own || part === id);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
