// All witnesses are read, each on its own: a reading that is whole is accepted or waits for an operator, one that is not
// leaves everything as it was.
import type { WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Coordinator } from '../coordinator.ts';
import { accept, freshLevels, type Marks, type Seen } from '../witness/accept.ts';
import { lineageOf, whileChanging } from '../witness/desk.ts';
import { WitnessFailed, type Witness } from '../witness/port.ts';

export class Readings {
  readonly #coordinator: Coordinator;
  readonly #marks: Map<WitnessId, Marks>;
  readonly #waiting = new Map<WitnessId, Seen>();
  #snapshots = 0;

  constructor(coordinator: Coordinator, marks: ReadonlyMap<WitnessId, Marks>) {
    this.#coordinator = coordinator;
    this.#marks = new Map(marks);
  }

  /** Reads every witness. Returns why some could not be read. */
  async readAll(): Promise<readonly string[]> {
    const failures = await Promise.all(
      this.#coordinator.desk.witnesses.map((witness) => this.#readOne(witness)),
    );
    return failures.filter((failure) => failure !== undefined);
  }

  /** Takes what waits for this witness as the new level. False: nothing with this hash waits. */
  acceptWaiting(id: WitnessId, hash: string): boolean {
    const { desk, clock } = this.#coordinator;
    const seen = this.#waiting.get(id);
    const view = desk.views().find((w) => w.id === id);
    if (seen === undefined || view?.waiting?.hash !== hash) return false;
    this.#marks.set(id, {
      version: seen.version,
      lineage: seen.lineage,
      levels: freshLevels(seen, clock.now().waitMs),
    });
    this.#waiting.delete(id);
    return true;
  }

  async #readOne(witness: Witness): Promise<string | undefined> {
    const { desk, log } = this.#coordinator;
    const { id } = witness.profile;
    try {
      await whileChanging(() => this.#readWhole(witness));
      return undefined;
    } catch (error) {
      // A failing disk or a deposed leader is not the witness's fault, and is nobody's to go on from.
      if (!(error instanceof WitnessFailed)) throw error;
      desk.fail(id, error.message);
      log.warn({ event: 'witness.failed', witness: id, problem: error.message });
      return `${id}: ${error.message}`;
    }
  }

  async #readWhole(witness: Witness): Promise<void> {
    const { desk, fleet, clock, store, fence, policy, log } = this.#coordinator;
    const { id } = witness.profile;
    const startedAt = clock.now();
    const builder = fleet.beginSnapshot(id, startedAt);
    const end = await desk.read(witness, builder);
    const finished = await builder.finish();
    if (finished.rows !== end.rows)
      throw new WitnessFailed(
        `${id} says that it has ${end.rows} rows, ${finished.rows} were read: not the whole`,
      );
    const seen: Seen = {
      version: end.version,
      lineage: lineageOf(witness.profile, end.lineage),
      levels: finished.levels,
    };
    const now = clock.now();
    const answer = accept(this.#marks.get(id), seen, policy, now.waitMs, this.#waiting.get(id));
    if (answer.kind === 'waiting') {
      this.#waiting.set(id, answer.seen);
      desk.wait(id, answer.waiting);
      log.warn({
        event: 'witness.waiting',
        witness: id,
        why: answer.waiting.why,
        problem: answer.waiting.message,
      });
      return;
    }
    const { version, lineage } = seen;
    await store.recordSnapshot(fence(), {
      ...finished.diff,
      witness: id,
      version,
      lineage,
      levels: answer.levels,
    });
    this.#waiting.delete(id);
    this.#marks.set(id, { version, lineage, levels: answer.levels });
    const meta = {
      number: ++this.#snapshots,
      startedAt,
      tookMs: now.monoMs - startedAt.monoMs,
      version,
      lineage,
      claims: finished.claims,
    };
    finished.commit(meta);
    desk.accept(id, meta);
  }
}
