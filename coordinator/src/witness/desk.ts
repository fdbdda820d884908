// All configured witnesses: what each last said, what waits for an operator, and the look-ups of single uids.
// A witness that fails keeps its veto: its last accepted claims stand, and its failure is on view.
import { createHash } from 'node:crypto';
import type { ServoUid, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Policy } from '../domain/policy.ts';
import type { Claim, Lookup, SnapshotMeta, WaitingSnapshot, WitnessView } from '../domain/witness.ts';
import { WitnessFailed, type RowSink, type Witness } from './port.ts';

interface Seat {
  readonly witness: Witness;
  accepted: SnapshotMeta | undefined;
  waiting: WaitingSnapshot | undefined;
  failure: string | undefined;
}

export class WitnessDesk {
  readonly #seats: readonly Seat[];
  readonly #policy: Policy;

  constructor(witnesses: readonly Witness[], policy: Policy) {
    this.#seats = witnesses.map((witness) => ({
      witness,
      accepted: undefined,
      waiting: undefined,
      failure: undefined,
    }));
    this.#policy = policy;
  }

  get witnesses(): readonly Witness[] {
    return this.#seats.map((seat) => seat.witness);
  }

  views(): readonly WitnessView[] {
    return this.#seats.map(({ witness, accepted, waiting, failure }) => ({
      ...witness.profile,
      accepted,
      waiting,
      failure,
    }));
  }

  /** Hash over all witnesses' queries and mappings: an edit of any voids certification. */
  get mappingHash(): string {
    const hashes = this.#seats
      .map(({ witness: { profile } }) => `${profile.id} ${profile.mappingHash}`)
      .toSorted();
    return createHash('sha256').update(hashes.join('\n')).digest('hex');
  }

  accept(id: WitnessId, meta: SnapshotMeta): void {
    Object.assign(this.#seat(id), { accepted: meta, waiting: undefined, failure: undefined });
  }

  wait(id: WitnessId, waiting: WaitingSnapshot): void {
    Object.assign(this.#seat(id), { waiting, failure: undefined });
  }

  fail(id: WitnessId, failure: string): void {
    Object.assign(this.#seat(id), { failure });
  }

  /** Reads one witness whole, within the time that the policy gives it. */
  async read(witness: Witness, sink: RowSink): ReturnType<Witness['read']> {
    return await bounded(this.#policy.witnessReadMs, `reading ${witness.profile.id}`, (signal) =>
      witness.read(sink, signal),
    );
  }

  /** Looks one uid up at a witness that offers it. Rejects with `WitnessFailed` when that cannot be told in time. */
  async lookup(witness: Witness, uid: ServoUid): Promise<Lookup> {
    return await bounded(
      this.#policy.witnessLookupMs,
      `looking ${uid} up at ${witness.profile.id}`,
      (signal) => witness.lookup(uid, signal),
    );
  }

  /** What a witness without look-up says of one uid, by a whole reading of its own. */
  async readFor(witness: Witness, uid: ServoUid): Promise<readonly Claim[]> {
    const claims: Claim[] = [];
    const sink: RowSink = {
      claim: (claim) => {
        if (claim.uid === uid) claims.push(claim);
      },
      tombstone: () => undefined,
    };
    await bounded(this.#policy.witnessLookupMs, `reading ${witness.profile.id} for ${uid}`, (signal) =>
      witness.read(sink, signal),
    );
    return claims;
  }

  get authority(): Witness {
    const seat = this.#seats.find(({ witness }) => witness.profile.authority);
    if (seat === undefined) throw new Error('no authority is configured');
    return seat.witness;
  }

  async close(): Promise<void> {
    await Promise.all(this.#seats.map(({ witness }) => witness.close()));
  }

  #seat(id: WitnessId): Seat {
    const seat = this.#seats.find(({ witness }) => witness.profile.id === id);
    if (seat === undefined) throw new Error(`no witness ${id}`);
    return seat;
  }
}

/** The work's own answer, or a `WitnessFailed` when it takes too long: also when the work ignores its signal. */
async function bounded<T>(
  limitMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new WitnessFailed(`${what} took longer than ${limitMs} ms`);
      abort.abort(error);
      reject(error);
    }, limitMs);
  });
  try {
    return await Promise.race([work(abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
