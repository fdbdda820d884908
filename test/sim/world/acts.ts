// What operators' acts are as events, once they are committed.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { OperatorState } from '../../../coordinator/src/domain/operator.ts';
import type { Act } from '../../../coordinator/src/state/port.ts';
import { tellOrder } from './orders.ts';
import type { Teller } from './tell.ts';

export interface ActsGiven {
  readonly tell: Teller;
  readonly trueOfWait: (waitMs: number) => number;
  /** A host was made a member, again or at its first contact. */
  readonly onEnrolled: (host: HostId) => void;
}

/** @param after operators' state with the act in it. */
export function tellAct(act: Act, after: OperatorState, { tell, trueOfWait, onEnrolled }: ActsGiven): void {
  const other = (about: string): void => tell.tell({ kind: 'operator.acted', act: act.kind, about });
  switch (act.kind) {
    case 'hold.set': {
      const id = Math.max(...after.holds.map((h) => h.id));
      const untilMs = act.untilMs === undefined ? undefined : trueOfWait(act.untilMs);
      return tell.tell({ kind: 'hold.set', id, scope: act.scope, untilMs });
    }
    case 'hold.released':
      return tell.tell({ kind: 'hold.released', id: act.id });
    case 'freeze.set':
      return tell.tell({ kind: 'freeze.set' });
    case 'freeze.lifted':
      return tell.tell({ kind: 'freeze.lifted' });
    case 'plan.approved':
      return tell.tell({ kind: 'approved', servos: act.members });
    case 'plan.rejected':
      for (const { uid } of act.members) {
        const id = Math.max(
          ...after.holds.filter((h) => h.scope.kind === 'servo' && h.scope.uid === uid).map((h) => h.id),
        );
        tell.tell({
          kind: 'hold.set',
          id,
          scope: { kind: 'servo', uid },
          untilMs: trueOfWait(act.holdUntilMs),
        });
      }
      return other(act.cell);
    case 'mode.set':
      return tell.tell({ kind: 'mode.set', cell: act.cell, generation: act.generation, mode: act.mode });
    case 'breaker.closed':
      return tell.tell({ kind: 'breaker.closed', cohort: act.cohort });
    case 'host.enrolled':
      onEnrolled(act.host);
      return other(act.host);
    case 'host.retired':
      tell.tell({ kind: 'host.retired', host: act.host });
      return other(act.host);
    case 'restore.ordered':
      for (const order of act.orders) {
        tellOrder(order, ['ada'], false, tell);
        const id = Math.max(
          0,
          ...after.holds
            .filter((h) => h.scope.kind === 'servo' && h.scope.uid === order.uid)
            .map((h) => h.id),
        );
        if (id > 0)
          tell.tell({
            kind: 'hold.set',
            id,
            scope: { kind: 'servo', uid: order.uid },
            untilMs: trueOfWait(act.holdUntilMs),
          });
      }
      return other(act.orders.map((o) => o.uid).join(' '));
    case 'orphan.confirmed':
      return other(`${act.uid} ${act.incarnation}`);
    case 'witness.accepted':
      return other(act.witness);
    case 'host.accepted':
      return other(act.host);
    case 'item.acknowledged':
      return other(`${act.host} ${act.path}`);
    case 'missing.acknowledged':
      return other(`${act.host} ${act.uid}`);
  }
}
