// An operator's act: checked against what is there, carried out, and written down with who, why, before and after.
// Who may do it, and whether it takes two, is decided before it comes here.
import type { OperatorName } from '@servo-auditor/proto/ids.ts';
import { maxSentenceChars } from '@servo-auditor/proto/limits.ts';
import { Unfit, type Act, type DecisionMark } from '../../port.ts';
import type { Tx } from '../transaction.ts';
import { acceptHost, acknowledgeItem, acknowledgeMissing, enrolHost, retireHost } from './hosts.ts';
import { approvePlan, rejectPlan } from './plans.ts';
import { liftFreeze, releaseHold, setFreeze, setHold } from './protections.ts';
import { orderRestores } from './restores.ts';
import { closeBreaker, confirmOrphan, setMode } from './trust.ts';

/** Who acts, and why. */
export interface Actor {
  readonly by: OperatorName;
  readonly reason: string;
}
/** What an act was about, for the audit log, with `before` and `after` where something changed. */
export type About = Readonly<Record<string, unknown>>;

/** Throws `Unfit`, with what would be right, when the act does not fit what is there. */
export function act(tx: Tx, actor: Actor, what: Act): DecisionMark {
  const { by, reason } = actor;
  if (reason.length < 1 || reason.length > maxSentenceChars)
    throw new Unfit(
      `a reason of ${reason.length} characters: want 1 to ${maxSentenceChars}, for whoever asks later why`,
    );
  const about = carryOut(tx, actor, what);
  tx.audit(what.kind, reason, about, by);
  return tx.mark();
}

function carryOut(tx: Tx, actor: Actor, what: Act): About {
  switch (what.kind) {
    case 'hold.set':
      return setHold(tx, actor, what);
    case 'hold.released':
      return releaseHold(tx, what);
    case 'freeze.set':
      return setFreeze(tx, actor);
    case 'freeze.lifted':
      return liftFreeze(tx);
    case 'plan.approved':
      return approvePlan(tx, actor, what);
    case 'plan.rejected':
      return rejectPlan(tx, actor, what);
    case 'mode.set':
      return setMode(tx, what);
    case 'orphan.confirmed':
      return confirmOrphan(tx, actor, what);
    case 'breaker.closed':
      return closeBreaker(tx, what);
    // What is accepted is a reading, which lives in the leader's memory: here only the fact is kept.
    case 'witness.accepted':
      return { witness: what.witness, hash: what.hash };
    case 'host.enrolled':
      return enrolHost(tx, what);
    case 'host.retired':
      return retireHost(tx, what);
    case 'host.accepted':
      return acceptHost(tx, what);
    case 'item.acknowledged':
      return acknowledgeItem(tx, what);
    case 'missing.acknowledged':
      return acknowledgeMissing(tx, what);
    case 'restore.ordered':
      return orderRestores(tx, actor, what);
  }
}
