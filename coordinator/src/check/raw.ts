// The raw evidence that the second reading starts from: what hosts and witnesses said, before anybody drew a conclusion.
import type { HostId, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Release } from '../domain/evidence.ts';
import type { HostView } from '../domain/host.ts';
import type { RoundContext } from '../domain/plan.ts';
import type { ClaimColumns, WitnessView } from '../domain/witness.ts';

export interface RawEvidence {
  readonly views: ReadonlyMap<HostId, HostView>;
  readonly witnesses: readonly WitnessView[];
  readonly claims: ReadonlyMap<WitnessId, RawClaims>;
  readonly releases: readonly Release[];
  readonly context: RoundContext;
}

/** One witness's accepted claims, with how its columns name hosts and when (`waitMs`) a claim was first read. */
export interface RawClaims extends ClaimColumns {
  readonly hostAt: (number: number) => HostId | undefined;
  readonly firstReadMs: (uidIndex: number) => number;
}
