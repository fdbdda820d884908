// I1, bounded: no witness claimed the servo in the rounds of evidence, nor in the last look-up. A claim that commits after that
// look-up is exposure: it is measured, and at most the life of a yes and what the agent stood still after its last check.
import { stood, type Span } from '../book/claims.ts';
import type { TrueOrder } from '../book/orders.ts';
import { time, type Court, type Invariant } from '../court.ts';
import { atMostMs } from '../setting.ts';

export const bounded: Invariant = (court) => {
  const { ledger, figures } = court;
  return {
    'order.durable': ({ order: id, action }) => {
      const order = ledger.orders.find(id);
      if (order === undefined || action !== 'stop') return;
      figures.orders++;
      if (claimedInRounds(order, court) !== undefined) figures.nearMisses++;
    },
    'yes.committed': () => {
      figures.yeses++;
    },
    'stop.began': ({ order: id, atMs, host, uid }) => {
      const order = ledger.orders.find(id);
      if (order === undefined) return;
      const asked = order.question?.atMs;
      if (asked === undefined)
        return court.found('I1', `order ${id} was begun without a last question`, { order: id, host, uid });
      const ageMs = atMs - asked;
      figures.maxYesAgeMs = Math.max(figures.maxYesAgeMs, ageMs);
      const limitMs = atMostMs(court.setting.yesLivesMs, court.setting);
      if (ageMs > limitMs)
        court.found(
          'I1',
          `the stop of ${uid} on ${host} began ${time(ageMs)} after its last question, at most ${time(limitMs)}`,
          { order: id, host, uid },
        );
    },
    'stop.executed': ({ order: id, atMs, host, uid }) => {
      figures.stops++;
      const order = ledger.orders.find(id);
      const about = { order: id, host, uid };
      if (order === undefined)
        return court.found('I1', `${uid} on ${host} was stopped by order ${id}, which nobody made`, about);
      const says = claimedInRounds(order, court) ?? claimedAtLookup(order, court);
      if (says !== undefined) court.found('I1', `${uid} on ${host} was stopped, though ${says}`, about);
      judgeExposure(order, atMs, court);
    },
  };
};

/** Who claimed it all through a snapshot of one of its rounds. */
function claimedInRounds(order: TrueOrder, { ledger }: Court): string | undefined {
  const { host, rounds, uid, atMs } = order.made;
  for (const span of ledger.claimsOn(order)) {
    // By another name than its host shows it is known by what the authority expects there, and by nothing else.
    const isOver = span.toMs !== undefined && span.toMs <= atMs;
    if (span.uid !== uid && (isOver || span.witness !== ledger.claims.authority?.id)) continue;
    for (const { heartbeat, epoch, snapshots } of rounds) {
      const number = snapshots.find((s) => s.witness === span.witness)?.number;
      const reading = number === undefined ? undefined : ledger.heard.reading(epoch, number);
      if (reading === undefined || !stood(span, reading.beganMs, reading.atMs)) continue;
      if (!ledger.protects(span, host, reading.beganMs)) continue;
      // What a witness kept to itself, and what is over when the order is made, nobody can know.
      if (isOver && ledger.faults.lied(span.witness, reading.beganMs, reading.atMs)) continue;
      return `${whose(span)} all through snapshot ${number} (from ${time(reading.beganMs)} to ${time(reading.atMs)}) of the round of heartbeat ${heartbeat}`;
    }
  }
  return undefined;
}

/** Who claimed it all through the last look-up. */
function claimedAtLookup(order: TrueOrder, { ledger }: Court): string | undefined {
  const { host } = order.made;
  for (const { witness, beganMs, atMs, control } of order.lookups) {
    if (control) continue;
    for (const span of ledger.claimsOn(order))
      if (span.witness === witness && stood(span, beganMs, atMs) && ledger.protects(span, host, beganMs))
        return `${whose(span)} all through its last look-up (from ${time(beganMs)} to ${time(atMs)})`;
  }
  return undefined;
}

function whose(span: Span): string {
  return `${span.witness} claimed ${span.uid} on ${span.host ?? 'any host'} since ${time(span.fromMs)}`;
}

/** Claims that came after the question, and stood when it was stopped. */
function judgeExposure(order: TrueOrder, atMs: number, { ledger, setting, figures, found }: Court): void {
  const { host, order: id } = order.made;
  let exposureMs = 0;
  for (const span of ledger.claimsOn(order))
    if (span.toMs === undefined && ledger.protects(span, host, atMs) && span.fromMs <= atMs)
      exposureMs = Math.max(exposureMs, atMs - span.fromMs);
  if (exposureMs === 0) return;
  figures.exposed++;
  figures.maxExposureMs = Math.max(figures.maxExposureMs, exposureMs);
  const pausedMs = ledger.faults.pausedMs(host, order.beganMs ?? atMs, atMs);
  const limitMs = atMostMs(setting.yesLivesMs, setting) + pausedMs + setting.stopGraceMs;
  if (exposureMs > limitMs)
    found(
      'I1',
      `a claim stood for ${time(exposureMs)} when order ${id} stopped its servo, at most ${time(limitMs)} (of it paused after the last check: ${time(pausedMs)})`,
      { order: id, host, uid: order.made.uid },
    );
}
