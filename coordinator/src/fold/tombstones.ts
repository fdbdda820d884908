// What the authority records as released, each with the time when it was first read: whether that was before or after an
// incarnation was observed decides what it proves.
import type { HostId, Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Tombstone } from '../domain/witness.ts';
import { WitnessFailed } from '../witness/port.ts';

export type ReadTombstone = Tombstone & { readonly firstReadMs: number };

interface Kept extends ReadTombstone {
  /** Number of the latest reading that held it. */
  reading: number;
}

export class TombstoneBook {
  readonly #byUid = new Map<ServoUid, Kept[]>();
  #count = 0;
  #reading = 0;

  constructor(remembered: readonly ReadTombstone[]) {
    for (const tombstone of remembered) this.#keep(tombstone, 0);
  }

  /** All tombstones of a uid. */
  of(uid: ServoUid): readonly ReadTombstone[] {
    return this.#byUid.get(uid) ?? none;
  }

  /** All tombstones of the last accepted reading. */
  all(): readonly ReadTombstone[] {
    return [...this.#byUid.values()].flat();
  }

  /** Starts a reading; one that was begun before is dropped. */
  begin(firstReadMs: number): TombstoneDraft {
    return new TombstoneDraft(this.#byUid, ++this.#reading, firstReadMs);
  }

  /** Makes a reading the accepted one. */
  accept({ added, reading, known }: TombstoneDraft): void {
    if (reading !== this.#reading) throw new Error('a later reading of the tombstones has begun');
    if (known < this.#count)
      for (const [uid, kept] of this.#byUid) {
        const stay = kept.filter((k) => k.reading === reading);
        this.#count -= kept.length - stay.length;
        if (stay.length === 0) this.#byUid.delete(uid);
        else if (stay.length < kept.length) this.#byUid.set(uid, stay);
      }
    for (const tombstones of added.values()) for (const t of tombstones) this.#keep(t, reading);
  }

  /** What accepting the reading will change, for hard state. */
  diff({ added, reading, known }: TombstoneDraft): {
    readonly tombstonesAdded: readonly ReadTombstone[];
    readonly tombstonesRemoved: readonly ServoUid[];
  } {
    const tombstonesAdded = [...added.values()].flat();
    const tombstonesRemoved: ServoUid[] = [];
    if (known < this.#count)
      for (const [uid, kept] of this.#byUid) {
        const stay = kept.filter((k) => k.reading === reading);
        if (stay.length === kept.length) continue;
        tombstonesRemoved.push(uid);
        tombstonesAdded.push(...stay);
      }
    return { tombstonesAdded, tombstonesRemoved };
  }

  #keep(tombstone: ReadTombstone, reading: number): void {
    const kept = this.#byUid.get(tombstone.uid);
    if (kept === undefined) this.#byUid.set(tombstone.uid, [{ ...tombstone, reading }]);
    else kept.push({ ...tombstone, reading });
    this.#count++;
  }
}

const none: readonly ReadTombstone[] = Object.freeze([]);

/** Tombstones of a reading that is under way: new ones, and how many of the known ones it has seen. */
class TombstoneDraft {
  readonly added = new Map<ServoUid, ReadTombstone[]>();
  readonly reading: number;
  known = 0;
  rows = 0;
  readonly #firstReadMs: number;
  readonly #accepted: ReadonlyMap<ServoUid, readonly Kept[]>;

  constructor(accepted: ReadonlyMap<ServoUid, readonly Kept[]>, reading: number, firstReadMs: number) {
    this.#accepted = accepted;
    this.reading = reading;
    this.#firstReadMs = firstReadMs;
  }

  /** Throws `WitnessFailed` for a second tombstone of the same (uid, host, incarnation). */
  sink(tombstone: Tombstone): void {
    this.rows++;
    const kept = this.#accepted.get(tombstone.uid)?.find((k) => isOne(k, tombstone));
    if (kept?.reading === this.reading) throw twice(tombstone);
    const added = this.added.get(tombstone.uid);
    if (added?.some((t) => isOne(t, tombstone)) === true) throw twice(tombstone);
    if (kept !== undefined && isSame(kept, tombstone)) {
      kept.reading = this.reading;
      this.known++;
      return;
    }
    const read = { ...tombstone, firstReadMs: kept?.firstReadMs ?? this.#firstReadMs };
    if (added === undefined) this.added.set(tombstone.uid, [read]);
    else added.push(read);
  }
}
export type { TombstoneDraft };

interface Place {
  readonly host?: HostId;
  readonly incarnation?: Incarnation;
}

function isOne(a: Place, b: Place): boolean {
  return a.host === b.host && a.incarnation === b.incarnation;
}

function isSame(a: Tombstone, b: Tombstone): boolean {
  return a.project === b.project && a.projectReleased === b.projectReleased;
}

function twice({ uid, host, incarnation }: Tombstone): WitnessFailed {
  const where = `${host === undefined ? '' : ` on ${host}`}${incarnation === undefined ? '' : ` in incarnation ${incarnation}`}`;
  return new WitnessFailed(`the tombstone of ${uid}${where} was read twice: want each once`);
}
