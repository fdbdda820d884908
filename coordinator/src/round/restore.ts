// Automatic restores: a servo in quarantine that a witness claims again is started where it was, within a budget, unless it
// lives elsewhere. If the claim is older than the stop, the auditor was wrong: breakers open and an alert goes out.
import type { Case } from '../domain/case.ts';
import type { Evidence, Voice } from '../domain/evidence.ts';
import { cohortName, type OperatorState } from '../domain/operator.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { RoundContext } from '../domain/plan.ts';
import type { Claim } from '../domain/witness.ts';
import type { OrderIds } from './start-order.ts';
import { startOrder } from './start-order.ts';

export interface Restores {
  readonly orders: readonly OpenOrder[];
  readonly wrong: readonly {
    readonly cohorts: readonly string[];
    readonly member: Pick<Case, 'uid' | 'incarnation' | 'host'>;
    readonly message: string;
  }[];
}

/** What restores need to see: the evidence of a quarantined servo, and whether another host reports its uid. */
export interface Sight {
  evidenceOf(host: Case['host'], uid: Case['uid']): Evidence | undefined;
  runsElsewhere(host: Case['host'], uid: Case['uid']): boolean;
}

export function restoresOf(context: RoundContext, sight: Sight, ids: OrderIds): Restores {
  const { operator, policy } = context;
  const orders: OpenOrder[] = [];
  const wrong: Restores['wrong'][number][] = [];
  const room = new Map<string, number>();
  for (const quarantined of operator.cases.filter((c) => c.state === 'quarantined')) {
    if (operator.openOrders.some((o) => o.uid === quarantined.uid && o.state !== 'closed')) continue;
    // Its agent refused lately: the reason is on the case.
    if (quarantined.notBeforeMs !== undefined && quarantined.notBeforeMs > context.now.waitMs) continue;
    const evidence = sight.evidenceOf(quarantined.host, quarantined.uid);
    if (
      evidence === undefined ||
      !evidence.voices.some((voice) => claimsHere(voice, quarantined).length > 0) ||
      sight.runsElsewhere(quarantined.host, quarantined.uid)
    )
      continue;
    const left =
      room.get(quarantined.cell) ?? policy.restoreBudgetCell - restoredLately(quarantined, operator, context);
    if (left <= 0) continue;
    room.set(quarantined.cell, left - 1);
    orders.push(startOrder(quarantined, evidence.host.view, context, 'claimed again', ids.newOrderId()));
    const claim = predating(evidence, quarantined);
    if (claim !== undefined) wrong.push(mistake(quarantined, claim));
  }
  return { orders, wrong };
}

function claimsHere({ claims }: Voice, { host }: Case): readonly Claim[] {
  return claims.filter((c) => c.host === undefined || c.host === host);
}

function restoredLately({ cell }: Case, { charges }: OperatorState, { now, policy }: RoundContext): number {
  return charges.filter(
    (c) => c.action === 'start' && c.cell === cell && c.atMs > now.waitMs - policy.budgetWindowMs,
  ).length;
}

/**
 * A claim that was in the authority's data when the stop was decided. Unknown versions prove nothing, and neither do those of
 * other witnesses, who count their own.
 */
function predating({ voices }: Evidence, quarantined: Case): Claim | undefined {
  const { decidedAtVersion } = quarantined;
  if (decidedAtVersion === undefined) return undefined;
  return voices
    .filter((voice) => voice.authority)
    .flatMap((voice) => claimsHere(voice, quarantined))
    .find((claim) => claim.since !== undefined && claim.since <= decidedAtVersion);
}

function mistake(
  { uid, incarnation, host, cell, generation, decidedAtVersion }: Case,
  claim: Claim,
): Restores['wrong'][number] {
  return {
    cohorts: [cohortName({ kind: 'host', host }), cohortName({ kind: 'generation', cell, generation })],
    member: { uid, incarnation, host },
    message: `${uid} was stopped on ${host} at version ${decidedAtVersion}, but its claim is of version ${claim.since}: the auditor was wrong`,
  };
}
