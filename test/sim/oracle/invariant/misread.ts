// I8: a host whose known-live servos are misjudged gets no order. Misjudged is one that the authority claims there, that exists there,
// and that its host does not show under its own uid.
//
// An order is refused where
//   - what it hits is itself such a servo, whatever it is called;
//   - so many are misjudged that fewer than the share that must be found (or all but one) are shown rightly;
//   - any was misjudged all through its rounds, and what it hits has no tombstone of its own: a renamed identity looks so.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { Told } from '../../event.ts';
import { isOf } from '../book/claims.ts';
import type { TrueServo } from '../book/servos.ts';
import { time, type Court, type Invariant } from '../court.ts';

export const misread: Invariant = (court) => {
  const { ledger, figures, found } = court;
  return {
    'pass.ended': ({ cell }) => {
      for (const [id, host] of ledger.hosts.all)
        if (host.cell === cell && misjudgedOn(id, court).misjudged.length > 0) figures.misreadPasses++;
    },
    'order.durable': (made) => {
      const { order, action, host, uid, incarnation, byHand } = made;
      if (action !== 'stop' || byHand.length > 0) return;
      const about = { order, host, uid };
      const hit = ledger.servos.find(host, incarnation);
      if (hit !== undefined && hit.uid !== uid && ledger.claims.isKnownLive(hit.uid, host))
        found(
          'I8',
          `order ${order} names ${uid}, which is truly ${hit.uid}: the authority claims it there`,
          about,
        );
      const { known, misjudged } = misjudgedOn(host, court);
      if (misjudged.length === 0) return;
      const { twoWayMatchShare } = court.setting.policy;
      const shown = known - misjudged.length;
      const atLeast = Math.min(Math.ceil(twoWayMatchShare * known), known - 1);
      if (shown < atLeast)
        found(
          'I8',
          `${host} got order ${order}, and of its ${known} known-live servos only ${shown} are shown by their uid, at least ${atLeast}`,
          about,
        );
      const throughout = misjudged.find((servo) => wasThroughout(servo, made, court));
      if (throughout === undefined || hasTombstone(made, court)) return;
      found(
        'I8',
        `${host} got order ${order} for ${uid}, which has no tombstone, and did not show ${throughout.uid} for ${time(made.atMs - throughout.shownSinceMs)}`,
        about,
      );
    },
  };
};

/** Known-live servos of a host, and those of them that neither it nor its latest inventory shows by their uid. */
function misjudgedOn(
  host: HostId,
  { ledger }: Court,
): { readonly known: number; readonly misjudged: readonly TrueServo[] } {
  let known = 0;
  const misjudged: TrueServo[] = [];
  const latest = ledger.heard.latest(host);
  if (latest === undefined) return { known, misjudged };
  const { authority } = ledger.claims;
  const reading = authority === undefined ? undefined : ledger.heard.lastAccepted(authority.id);
  for (const servo of ledger.servos.on(host)) {
    const claim = ledger.claims
      .claimsOf(servo.uid)
      .find((s) => s.witness === authority?.id && s.toMs === undefined && s.host === host);
    // What the authority had not said yet when it was last read, nobody knows to be live.
    if (claim === undefined || reading === undefined || !ledger.heard.shows(reading, claim)) continue;
    if (servo.createdMs > latest.atMs) continue;
    known++;
    if (servo.shown !== servo.uid && latest.servos.get(servo.uid) === undefined) misjudged.push(servo);
  }
  return { known, misjudged };
}

/** In every cited round the authority claimed it there already, and the host did not show it. */
function wasThroughout(servo: TrueServo, made: Told<'order.durable'>, { ledger }: Court): boolean {
  const authority = ledger.claims.authority?.id;
  const claim = ledger.claims
    .claimsOf(servo.uid)
    .find((s) => s.witness === authority && s.toMs === undefined && s.host === made.host);
  return made.rounds.every(({ epoch, heartbeat: number, snapshots }) => {
    const heartbeat = ledger.heard.heartbeat(made.host, epoch, number);
    const snapshot = snapshots.find((s) => s.witness === authority)?.number;
    const reading = snapshot === undefined ? undefined : ledger.heard.reading(epoch, snapshot);
    return (
      heartbeat !== undefined &&
      reading !== undefined &&
      claim !== undefined &&
      ledger.heard.shows(reading, claim) &&
      heartbeat.askedMs > servo.shownSinceMs &&
      ledger.heard.inventory(made.host, heartbeat.digest)?.servos.has(servo.uid) === false
    );
  });
}

function hasTombstone({ uid, host }: Told<'order.durable'>, { ledger }: Court): boolean {
  return ledger.claims.tombstonesOf(uid).some((s) => isOf(s, host) && s.toMs === undefined);
}
