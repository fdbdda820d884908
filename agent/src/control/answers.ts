// What commands on this host are told, whether or not the agent runs.
import type { InstallationId } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Holds } from '../act/holds.ts';
import type { Journal } from '../act/journal.ts';
import type { Bench } from '../bench.ts';
import type { Offer, Offers } from '../session/offers.ts';
import type { QuarantineRow, Status } from './socket.ts';

export function statusOf(
  { view, mark, path, damage }: Pick<Journal, 'view' | 'mark' | 'path' | 'damage'>,
  holds: Holds,
  offers: Offers,
  agent: Pick<Status, 'host' | 'standing' | 'running'>,
): Status {
  return {
    ...agent,
    installation: view.installation,
    epoch: view.epoch,
    decision: view.decision,
    journal: { sequence: mark.sequence, path, damage },
    quarantined: [...view.kept].length,
    unreceipted: view.unreceipted().map((o) => o.order),
    holds: holds.list(),
    offer: offers.last(),
  };
}

export function quarantineOf({ view }: Pick<Journal, 'view'>, waitMs: number): readonly QuarantineRow[] {
  return [...view.kept].map(({ intent: { uid, incarnation, project, order }, sinceMs, certain }) => ({
    uid,
    incarnation,
    project,
    order,
    forMs: Math.max(0, Math.round(waitMs - sinceMs)),
    certain,
  }));
}

/** From here on this host belongs to what was offered last. Throws when that is another installation, or nothing. */
export function acceptOffer(
  installation: InstallationId,
  { journal, seen, clock }: Pick<Bench, 'journal' | 'seen' | 'clock'>,
  offers: Offers,
  log: Logger,
): Offer {
  const offer = offers.last();
  if (offer === undefined)
    throw new Error('no coordinator was refused here, so there is nothing to accept; let it call first');
  if (offer.installation !== installation)
    throw new Error(`${offer.installation} was offered last, not ${installation}; nothing was changed`);
  const { epoch, decision } = offer;
  journal.append({ kind: 'accepted', installation, epoch, decision, why: 'operator' }, clock.now().waitMs);
  seen.forget();
  offers.clear();
  log.warn({ event: 'installation.accepted', installation, epoch, decision: decision.version });
  return offer;
}
