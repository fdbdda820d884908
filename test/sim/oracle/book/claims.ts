// What the platform committed at its witnesses, with the true time from which and to which it stood: whatever a witness answered.
import type { HostId, ProjectId, ServoUid, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { ClaimKey, Told } from '../../event.ts';
import type { Handlers } from '../handler.ts';

export interface Witness {
  readonly id: WitnessId;
  readonly source: string;
  readonly authority: boolean;
  readonly lookup: boolean;
  readonly condemns: boolean;
}

/** One claim or tombstone, for as long as it stood. */
export interface Span {
  readonly witness: WitnessId;
  readonly uid: ServoUid;
  readonly host: HostId | undefined;
  readonly project: ProjectId;
  readonly fromMs: number;
  toMs: number | undefined;
  /** Versions of the witness that began and ended it: what answers as it was before them shows nothing of that. */
  readonly fromVersion: number;
  toVersion: number | undefined;
  /** A claim that ended: whether the platform meant it. */
  how: 'released' | 'lost' | undefined;
}

export class Claims {
  readonly witnesses = new Map<WitnessId, Witness>();
  readonly #claims = new Map<ServoUid, Span[]>();
  readonly #tombstones = new Map<ServoUid, Span[]>();
  readonly #expected = new Map<HostId, Set<Span>>();

  readonly handlers: Handlers = {
    'witness.configured': ({ witness: id, source, authority, lookup, condemns }) => {
      this.witnesses.set(id, { id, source, authority, lookup, condemns });
    },
    'claim.committed': (event) => {
      const span = open(this.#claims, event);
      if (span?.host === undefined || this.witnesses.get(span.witness)?.authority !== true) return;
      const here = this.#expected.get(span.host);
      if (here === undefined) this.#expected.set(span.host, new Set([span]));
      else here.add(span);
    },
    'claim.withdrawn': (event) => {
      const span = close(this.#claims, event, event.atMs);
      span.toVersion = event.version;
      span.how = event.how;
      if (span.host !== undefined) this.#expected.get(span.host)?.delete(span);
    },
    'tombstone.committed': (event) => void open(this.#tombstones, event),
    'tombstone.removed': (event) => void close(this.#tombstones, event, event.atMs),
  };

  get authority(): Witness | undefined {
    for (const witness of this.witnesses.values()) if (witness.authority) return witness;
    return undefined;
  }

  /** All claims that there ever were of a uid, oldest first. */
  claimsOf(uid: ServoUid): readonly Span[] {
    return this.#claims.get(uid) ?? none;
  }

  tombstonesOf(uid: ServoUid): readonly Span[] {
    return this.#tombstones.get(uid) ?? none;
  }

  /** Claims of the authority that name this host and stand now. */
  expectedOn(host: HostId): ReadonlySet<Span> {
    return this.#expected.get(host) ?? nothing;
  }

  /** Those of its claims that stand now. */
  *standing(uid: ServoUid): Iterable<Span> {
    for (const span of this.claimsOf(uid)) if (span.toMs === undefined) yield span;
  }

  /** Whether the authority claims this copy now, by its host or for every host. */
  isKnownLive(uid: ServoUid, host: HostId): boolean {
    const { authority } = this;
    for (const span of this.standing(uid))
      if (span.witness === authority?.id && isOf(span, host)) return true;
    return false;
  }
}

const none: readonly Span[] = [];
const nothing: ReadonlySet<Span> = new Set();

/** Whether a claim or tombstone speaks of the copy on this host. */
export function isOf({ host }: Pick<Span, 'host'>, on: HostId): boolean {
  return host === undefined || host === on;
}

/** Whether it stood without a break from the first time to the second. */
export function stood(span: Span, fromMs: number, toMs: number): boolean {
  return span.fromMs <= fromMs && (span.toMs === undefined || span.toMs > toMs);
}

/** Whether it stood at any time between. */
export function touches(span: Span, fromMs: number, toMs: number): boolean {
  return span.fromMs <= toMs && (span.toMs === undefined || span.toMs >= fromMs);
}

function open(
  into: Map<ServoUid, Span[]>,
  event: Told<'claim.committed'> | Told<'tombstone.committed'>,
): Span | undefined {
  const { atMs, witness, uid, host, project, version } = event;
  const spans = into.get(uid) ?? [];
  if (spans.length === 0) into.set(uid, spans);
  // Written anew with other details: it stands without a break.
  if (spans.some((s) => isSame(s, event) && s.toMs === undefined)) return undefined;
  const span: Span = {
    witness,
    uid,
    host,
    project,
    fromMs: atMs,
    toMs: undefined,
    fromVersion: version,
    toVersion: undefined,
    how: undefined,
  };
  spans.push(span);
  return span;
}

function close(of: Map<ServoUid, Span[]>, key: ClaimKey, atMs: number): Span {
  const span = of.get(key.uid)?.find((s) => isSame(s, key) && s.toMs === undefined);
  if (span === undefined)
    throw new Error(`${key.witness} has nothing of ${key.uid} on ${key.host ?? 'any host'} that could end`);
  span.toMs = atMs;
  return span;
}

function isSame(span: Span, { witness, host }: ClaimKey): boolean {
  return span.witness === witness && span.host === host;
}
