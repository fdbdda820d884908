// What the domain knows, as rows of answers. Times become durations as of now; numbers stay numbers.
import type {
  Breaker as BreakerRow,
  CaseRow,
  FreezeNote,
  Gate,
  Hold as HoldRow,
  Match as MatchRow,
  OrderRow,
  Witness,
} from '@servo-auditor/proto/admin.ts';
import { stalenessMs, type Now } from '@servo-auditor/proto/time.ts';
import { duration } from '../domain/answer.ts';
import type { Case } from '../domain/case.ts';
import type { Match } from '../domain/evidence.ts';
import type { Freeze, Hold, OpenBreaker } from '../domain/operator.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { Policy } from '../domain/policy.ts';
import type { WitnessView } from '../domain/witness.ts';
import { snapshotLimitMs } from '../decide/gates/evidence/witness-fresh.ts';
import type { GateLine } from '../decide/explain.ts';

/** A placeholder that the server refuses as a reason: it must be replaced. */
export const reasonWanted = "--reason '...'";

/** Whole milliseconds as the wire takes them; what is older than any clock is as old as the wire can say. */
export function wholeMs(ms: number): number {
  return Math.max(0, Math.min(Math.round(ms), Number.MAX_SAFE_INTEGER));
}

export function orderRow(order: OpenOrder, now: Now): OrderRow {
  const { id, host, cell, generation, uid, incarnation, project, action, state, epoch } = order;
  return {
    id,
    host,
    cell,
    generation,
    uid,
    incarnation,
    project,
    action,
    state,
    epoch,
    decisionVersion: order.decisionVersion,
    approved: order.approved,
    reason: order.reason,
    madeAgoMs: wholeMs(now.waitMs - order.madeMs),
  };
}

export function caseRow(row: Case, now: Now): CaseRow {
  const { uid, incarnation, host, cell, generation, project, state } = row;
  const notBefore = row.notBeforeMs === undefined ? 0 : row.notBeforeMs - now.waitMs;
  return {
    uid,
    incarnation,
    host,
    cell,
    generation,
    project,
    state,
    sinceWallMs: wholeMs(row.sinceWallMs),
    sinceAgoMs: wholeMs(now.waitMs - row.sinceMs),
    orderId: row.order,
    decidedAtVersion: row.decidedAtVersion,
    notBeforeRemainingMs: notBefore > 0 ? wholeMs(notBefore) : undefined,
    message: row.message === '' ? undefined : row.message,
  };
}

export function holdRow({ id, scope, by, reason, since, untilMs }: Hold, now: Now): HoldRow {
  return {
    id,
    by,
    reason,
    scope: wireScope(scope),
    sinceWallMs: wholeMs(since.wallMs),
    remainingMs: untilMs === undefined ? undefined : wholeMs(untilMs - now.waitMs),
  };
}

function wireScope(scope: Hold['scope']): HoldRow['scope'] {
  switch (scope.kind) {
    case 'servo':
      return { kind: 'uid', value: scope.uid };
    case 'project':
      return { kind: 'project', value: scope.project };
    case 'host':
      return { kind: 'host', value: scope.host };
    case 'generation':
      return { kind: 'generation', value: { cell: scope.cell, generation: scope.generation } };
    case 'cell':
      return { kind: 'cell', value: scope.cell };
  }
}

export function freezeNote(freeze: Freeze | undefined): FreezeNote | undefined {
  if (freeze === undefined) return undefined;
  return { by: freeze.by, reason: freeze.reason, sinceWallMs: wholeMs(freeze.since.wallMs) };
}

export function matchRow({ expected, found, missing, missingRounds }: Match): MatchRow {
  return { expected, found, missing, missingRounds };
}

export function breakerRow({ cohort, since, message, members, hash }: OpenBreaker): BreakerRow {
  return {
    cohort,
    message,
    hash,
    sinceWallMs: wholeMs(since.wallMs),
    members: members.map(({ uid, incarnation, host }) => ({
      uid,
      incarnation,
      host,
    })),
    next: {
      command: `servoctl breakers close ${cohort} --hash ${hash} ${reasonWanted}`,
      why: 'only if every servo of the list is truly an orphan: they then count no more in this breaker',
    },
  };
}

export function gateRow({ name, kind, outcome, says, lifts, numbers }: GateLine): Gate {
  const texts = Object.entries(numbers).map(([key, value]) => [key, String(value).slice(0, 500)]);
  return {
    name,
    kind,
    outcome,
    says,
    lifts: lifts === '' ? undefined : lifts,
    numbers: Object.fromEntries(texts) as Record<string, string>,
  };
}

export function witnessRow(view: WitnessView, now: Now, policy: Policy): Witness {
  const { accepted, waiting } = view;
  const ageMs = accepted === undefined ? Infinity : stalenessMs(accepted.startedAt, now);
  return {
    witness: view.id,
    source: view.source,
    authority: view.authority,
    reads: view.reads,
    hasLookup: view.hasLookup,
    fresh: accepted !== undefined && ageMs <= snapshotLimitMs(accepted.tookMs, policy),
    accepted:
      accepted === undefined
        ? undefined
        : {
            number: accepted.number,
            ageMs: wholeMs(ageMs),
            tookMs: wholeMs(accepted.tookMs),
            version: accepted.version,
            lineage: accepted.lineage,
            claims: accepted.claims,
          },
    waiting:
      waiting === undefined
        ? undefined
        : {
            why: waiting.why,
            message: waiting.message,
            hash: waiting.hash,
            next: {
              command: `servoctl witnesses accept ${view.id} --hash ${waiting.hash} ${reasonWanted}`,
              why: 'only if what changed there is true; until then nothing is stopped',
            },
          },
    failure: view.failure,
  };
}

/** When a hold ends, for people. */
export function endOf(untilMs: number | undefined, now: Now): string {
  return untilMs === undefined ? 'until it is released' : `for ${duration(untilMs - now.waitMs)}`;
}
