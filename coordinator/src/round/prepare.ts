// Brings what is believed up to date, and makes the evidence of every servo that is not plainly claimed.
// Work follows change: claimed servos on unchanged hosts cost nothing. Gives way to the event loop at least every 10 ms.
import type { CellId, HostId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Evidence, Match } from '../domain/evidence.ts';
import type { HostView } from '../domain/host.ts';
import type { AcknowledgedMissing } from '../domain/operator.ts';
import type { GenerationFacts } from '../domain/plan.ts';
import type { Lookup, WitnessView } from '../domain/witness.ts';
import type { Fleet } from '../fold/fleet.ts';
import type { FoldChange } from '../state/port.ts';

/** What one pass brings along. */
export interface Pass {
  readonly now: Now;
  /** In the order of `FleetSetting.witnesses`. */
  readonly witnesses: readonly WitnessView[];
  readonly acknowledgedMissing: readonly AcknowledgedMissing[];
  /** The authority's look-up of one uid. Absent: it offers none. Rejects when it cannot tell. */
  readonly lookup: ((uid: ServoUid) => Promise<Lookup>) | undefined;
}

export interface Prepared {
  /** The views that all of this was made from: for `check`. */
  readonly views: ReadonlyMap<HostId, HostView>;
  /** Of every servo that no witness plainly claims, over all cells. */
  readonly evidences: readonly Evidence[];
  /** Servos that are plainly claimed, per `<cell>:<generation>`. */
  readonly live: ReadonlyMap<string, number>;
  /** Servos in the fresh inventories, per cohort name. */
  readonly population: ReadonlyMap<string, number>;
  /** Enrolled hosts that have ever connected in this leadership or are in memory, and the fresh ones, per cell. */
  readonly cells: ReadonlyMap<CellId, { readonly enrolled: number; readonly fresh: number }>;
  /** For certification: one per (cell, generation, reader version). */
  readonly facts: readonly GenerationFacts[];
  /** Two-way match per `<cell>:<generation>`. */
  readonly generationMatches: ReadonlyMap<string, Match>;
  /** What must become durable before any order leaves. `hosts` is empty: the session owns those. */
  readonly change: FoldChange;
}

export async function prepare(_fleet: Fleet, _pass: Pass): Promise<Prepared> {
  throw new Error('under construction');
}

/** Evidence of all copies of a uid on a host, live ones included: for `explain`. */
export function evidenceOf(
  _fleet: Fleet,
  _host: HostId,
  _uid: ServoUid,
  _pass: Pick<Pass, 'now' | 'witnesses'>,
): readonly Evidence[] {
  throw new Error('under construction');
}
