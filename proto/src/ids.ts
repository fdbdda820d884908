// The names of things. Each kind of id is a type of its own, so that a project's id in a servo's place does not compile.
// An id comes into being only in `parseId` (or from another checked value): what holds an id holds a valid one.

declare const brand: unique symbol;
type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type InstallationId = Id<'installation'>;
export type CellId = Id<'cell'>;
export type HostId = Id<'host'>;
/** How a host keeps its servos: `<store>/<runtime>`, for example `manifest-directory/process`. */
export type Generation = Id<'generation'>;
/** Hash of a generation's field mapping and of what its reader makes of the conformance corpus: 64 lower-case hex digits. */
export type ReaderVersion = Id<'reader version'>;
export type ServoUid = Id<'servo uid'>;
export type Incarnation = Id<'incarnation'>;
/** What the runtime calls the servo (a pid with its start time, a container id). */
export type RuntimeId = Id<'runtime id'>;
export type ProjectId = Id<'project'>;
export type WitnessId = Id<'witness'>;
/** Witnesses that get their knowledge from the same place share a source, and are one vote. */
export type SourceId = Id<'source'>;
export type OrderId = Id<'order'>;
export type OperatorName = Id<'operator'>;
export type CoordinatorId = Id<'coordinator'>;
/** Identifies one boot of one machine. */
export type BootId = Id<'boot'>;
/** SHA-256, 64 lower-case hex digits. */
export type Digest = Id<'digest'>;
/** 32 lower-case hex digits of randomness. */
export type Nonce = Id<'nonce'>;

/** Fencing number of a cell's leader: a whole number from 1, never goes back. */
export type Epoch = number & { readonly [brand]: 'epoch' };

export interface IdKinds {
  installation: InstallationId;
  cell: CellId;
  host: HostId;
  generation: Generation;
  'reader version': ReaderVersion;
  'servo uid': ServoUid;
  incarnation: Incarnation;
  'runtime id': RuntimeId;
  project: ProjectId;
  witness: WitnessId;
  source: SourceId;
  order: OrderId;
  operator: OperatorName;
  coordinator: CoordinatorId;
  boot: BootId;
  digest: Digest;
  nonce: Nonce;
}
export type IdKind = keyof IdKinds;

interface Spelling {
  readonly pattern: RegExp;
  readonly says: string;
}

// One letter or digit first, so that no id looks like an option, a path that climbs, or nothing at all.
const name: Spelling = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  says: '1 to 63 letters, digits, ".", "_" or "-", starting with a letter or digit',
};
const foreign: Spelling = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._:@+/=-]{0,127}$/,
  says: '1 to 128 letters, digits or "._:@+/=-", starting with a letter or digit',
};
const hash: Spelling = { pattern: /^[0-9a-f]{64}$/, says: '64 lower-case hex digits' };

const spellings: Readonly<Record<IdKind, Spelling>> = {
  installation: name,
  cell: name,
  host: name,
  generation: {
    pattern: /^[a-z][a-z0-9-]{0,30}\/[a-z][a-z0-9-]{0,30}$/,
    says: '"<store>/<runtime>" in lower case',
  },
  'reader version': hash,
  'servo uid': foreign,
  incarnation: foreign,
  'runtime id': foreign,
  project: foreign,
  witness: name,
  source: name,
  order: name,
  operator: name,
  coordinator: name,
  boot: name,
  digest: hash,
  nonce: { pattern: /^[0-9a-f]{32}$/, says: '32 lower-case hex digits' },
};

/** Whether `text` is a well-spelled id of this kind. */
export function isId<K extends IdKind>(kind: K, text: unknown): text is IdKinds[K] {
  return typeof text === 'string' && spellings[kind].pattern.test(text);
}

/** What a well-spelled id of this kind looks like, for an error that tells what would be right. */
export function spellingOf(kind: IdKind): string {
  return spellings[kind].says;
}

/** The checked id. Throws a `TypeError` that shows (at most 40 characters of) the text and says what would be right. */
export function parseId<K extends IdKind>(kind: K, text: unknown): IdKinds[K] {
  if (isId(kind, text)) return text;
  const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, 40)) : typeof text;
  throw new TypeError(`${shown} is no ${kind}: ${spellings[kind].says}`);
}

/** The checked epoch. Throws a `TypeError` unless it is a safe whole number from 1. */
export function parseEpoch(value: unknown): Epoch {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value as Epoch;
  throw new TypeError(`${String(value)} is no epoch: a whole number from 1`);
}
