// All configured witnesses: what each last said, what waits for an operator, and the look-ups of single uids.
// A witness that fails keeps its veto: its last accepted claims stand, and its failure is on view.
import { createHash } from 'node:crypto';
import type { ServoUid, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Policy } from '../domain/policy.ts';
import type {
  Claim,
  Lookup,
  SnapshotMeta,
  WaitingSnapshot,
  WitnessProfile,
  WitnessView,
} from '../domain/witness.ts';
import { WitnessChanged, WitnessFailed, type RowSink, type Witness } from './port.ts';

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

  /**
   * Looks one uid up at a witness that offers it. Rejects with `WitnessFailed` when that cannot be told in time, or when
   * another or an older database answers than the one that was accepted.
   */
  async lookup(witness: Witness, uid: ServoUid): Promise<Lookup> {
    const what = `looking ${uid} up at ${witness.profile.id}`;
    // A reading that is accepted while the answer is under way is newer than the answer has to be.
    const { accepted } = this.#seat(witness.profile.id);
    const answer = await bounded(this.#policy.witnessLookupMs, what, (signal) => witness.lookup(uid, signal));
    checkSame(witness, accepted, answer, what);
    return answer;
  }

  /** What a witness without look-up says of one uid, by a whole reading of its own. */
  async readFor(witness: Witness, uid: ServoUid): Promise<readonly Claim[]> {
    const what = `reading ${witness.profile.id} for ${uid}`;
    const { accepted } = this.#seat(witness.profile.id);
    return await whileChanging(async () => {
      const claims: Claim[] = [];
      let rows = 0;
      const sink: RowSink = {
        claim: (claim) => {
          rows++;
          if (claim.uid === uid) claims.push(claim);
        },
        tombstone: () => rows++,
      };
      const end = await bounded(this.#policy.witnessLookupMs, what, (signal) => witness.read(sink, signal));
      if (end.rows !== rows)
        throw new WitnessFailed(`${what}: it says ${end.rows} rows, ${rows} were read: not the whole`);
      checkSame(witness, accepted, end, what);
      return claims;
    });
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

/** A look-up that a lagging replica or another database answers says nothing about the one that was read. */
function checkSame(
  { profile }: Witness,
  accepted: SnapshotMeta | undefined,
  answer: { readonly version: number; readonly lineage: string },
  what: string,
): void {
  if (accepted === undefined) return;
  const lineage = lineageOf(profile, answer.lineage);
  if (lineage !== accepted.lineage)
    throw new WitnessFailed(`${what}: lineage "${lineage}" answered; want "${accepted.lineage}" as accepted`);
  if (answer.version < accepted.version)
    throw new WitnessFailed(
      `${what}: version ${answer.version} answered; want ${accepted.version} or later, as accepted`,
    );
}

/** Which database this is, and what it was asked with: an edited query is as good as another database. */
export function lineageOf(profile: Pick<WitnessProfile, 'mappingHash'>, lineage: string): string {
  return `${lineage} ${profile.mappingHash}`;
}

/** How often a reading is begun anew because the data changed under it. Then it waits for the next pass. */
const maxReadings = 3;

/** Does the work, and again from the start while the data changes under it. */
export async function whileChanging<T>(work: () => Promise<T>): Promise<T> {
  for (let reading = 1; ; reading++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof WitnessChanged) || reading >= maxReadings) throw error;
    }
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
