// I9: whatever cannot be decoded, is unknown or failed, keeps the servo: an incomplete inventory, a contested host, a witness without a
// fresh snapshot, a look-up that failed or claimed, a control that was not called claimed, a servo that its host cannot vouch for.
import type { HostId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Told } from '../../event.ts';
import type { TrueOrder } from '../book/orders.ts';
import { time, type Court, type Invariant } from '../court.ts';
import { atMostMs } from '../setting.ts';

type Say = (message: string) => void;

/** So long the transaction of a plan or a yes takes at most, in milliseconds: what comes meanwhile it does not see. */
const committingMs = 3;

export const unknown: Invariant = (court) => ({
  'order.durable': (made) => {
    if (made.action !== 'stop') return;
    const { order, host, uid } = made;
    const say: Say = (message) => court.found('I9', `order ${order}: ${message}`, { order, host, uid });
    judgeHost(made, court, say);
    judgeWitnesses(made, court, say);
  },
  'yes.committed': ({ order: id, epoch, atMs }) => {
    const order = court.ledger.orders.find(id);
    if (order === undefined) return;
    const { host, uid } = order.made;
    const say: Say = (message) =>
      court.found('I9', `the yes to order ${id}: ${message}`, { order: id, host, uid });
    judgeContest(host, epoch, order.question?.atMs ?? 0, court, say);
    judgeLookups(order, court, say);
    judgeControls(order, atMs, court, say);
  },
  'stop.began': ({ order: id, host, uid, incarnation, atMs }) => {
    const order = court.ledger.orders.find(id);
    const servo = court.ledger.servos.find(host, incarnation);
    if (order === undefined || servo === undefined) return;
    const say: Say = (message) =>
      court.found('I9', `${uid} on ${host} was stopped, ${message}`, { order: id, host, uid });
    // The agent reads its host anew when the order has come: what was so before the order was made, it can see.
    const { atMs: madeMs, approved } = order.made;
    const { contradictedSinceMs, usedSinceMs, measurable, keepable } = servo;
    if (contradictedSinceMs !== undefined && contradictedSinceMs < madeMs)
      say(`of which store and runtime disagree since ${time(atMs - contradictedSinceMs)}`);
    if (!keepable) say('which cannot be kept or started again');
    if (usedSinceMs !== undefined && measurable && usedSinceMs < madeMs)
      say(`which has been in use for ${time(atMs - usedSinceMs)}`);
    if (!measurable && !approved)
      say('of which nobody can tell whether it is in use, and which nobody approved');
  },
});

function judgeHost(made: Told<'order.durable'>, court: Court, say: Say): void {
  const { host, epoch, atMs } = made;
  const { ledger, setting } = court;
  const it = ledger.hosts.find(host);
  const leftMs = ledger.hosts.leftMs(host);
  if (it === undefined && leftMs !== undefined) {
    const { heartbeatIntervalMs, hostFreshIntervals } = setting.policy;
    const freshMs = atMostMs(heartbeatIntervalMs * hostFreshIntervals, setting);
    // Nobody can know at once.
    if (atMs - leftMs > freshMs) say(`no host is called ${host} since ${time(atMs - leftMs)}`);
    return;
  }
  if (it === undefined || it.retired) return say(`${host} is not enrolled`);
  if (it.contestedSinceMs !== undefined)
    say(`${host} is contested since ${time(it.contestedSinceMs)}, and nobody accepted it`);
  else judgeContest(host, epoch, atMs, court, say);
  const latest = ledger.heard.latest(host);
  if (latest === undefined) return say(`${host} never showed an inventory`);
  if (latest.problems > it.acknowledged.size)
    say(
      `the latest inventory of ${host} has ${latest.problems} problem(s), of which ${it.acknowledged.size} were acknowledged`,
    );
}

/** What the leader of this epoch knew by then, written or not. */
function judgeContest(host: HostId, epoch: number, byMs: number, { ledger }: Court, say: Say): void {
  const sinceMs = ledger.contests.knownSinceMs(host, epoch);
  if (sinceMs !== undefined && sinceMs < byMs)
    say(`${host} was found contested at ${time(sinceMs)}, and nobody accepted it`);
}

function judgeWitnesses({ atMs }: Told<'order.durable'>, { ledger, setting }: Court, say: Say): void {
  const { witnessAgeMs, witnessAgeCeilingMs } = setting.policy;
  for (const id of ledger.claims.witnesses.keys()) {
    const accepted = ledger.heard.lastAccepted(id);
    if (accepted === undefined) {
      say(`no snapshot of ${id} was ever accepted`);
      continue;
    }
    const tookMs = accepted.atMs - accepted.beganMs;
    const limitMs = atMostMs(Math.min(witnessAgeCeilingMs, Math.max(witnessAgeMs, 2 * tookMs)), setting);
    // Who stands still in the middle of the transaction has decided before; the yes looks at everything again.
    const ageMs = atMs - ledger.faults.stillMs(atMs, committingMs) - accepted.beganMs;
    if (ageMs > limitMs)
      say(`the last accepted snapshot of ${id} is ${time(ageMs)} old, at most ${time(limitMs)}`);
  }
}

function judgeLookups(order: TrueOrder, { ledger }: Court, say: Say): void {
  const own = order.lookups.filter((l) => !l.control);
  for (const { id, lookup } of ledger.claims.witnesses.values()) {
    const answer = own.findLast((l) => l.witness === id);
    if (answer === undefined) {
      if (lookup) say(`${id} was not asked about ${order.made.uid}`);
      continue;
    }
    if (answer.answer === 'failed') say(`${id} could not tell about ${answer.uid}`);
    if (answer.answer !== 'claimed') continue;
    // A stale answer speaks of claims that have ended since.
    const spans = ledger.claims.claimsOf(answer.uid).filter((s) => s.witness === id);
    const moved = answer.hosts.every((host) => {
      const claim = spans.findLast((s) => s.host === host && s.fromMs < answer.atMs);
      return claim !== undefined && !ledger.protects(claim, order.made.host, answer.atMs);
    });
    if (!moved) say(`${id} answered that ${answer.uid} is claimed`);
  }
}

/** @param byMs when the yes was committed. */
function judgeControls(order: TrueOrder, byMs: number, court: Court, say: Say): void {
  const { ledger, setting } = court;
  const controls = order.lookups.filter((l) => l.control);
  for (const { uid, answer, atMs } of controls) {
    if (answer === 'claimed') continue;
    // A question that came twice is looked into twice, and what fails for one voids the order: unless the yes was being committed.
    const isOfCopy = controls.some((l) => l.uid === uid && l.answer === 'claimed');
    if (isOfCopy && byMs - atMs <= committingMs) continue;
    say(`the control ${uid} was ${answer === 'failed' ? 'not answered' : 'not called claimed'}`);
  }
  if (ledger.claims.authority?.lookup !== true) return;
  const wanted = Math.min(setting.policy.controls, knownLive(order, court));
  const asked = new Set(controls.map((c) => c.uid)).size;
  if (asked < wanted) say(`${asked} control(s) were asked for, at least ${wanted}`);
}

/** Servos of the host and of its generation in the cell that the coordinator must know to be live; at most as many as are asked for. */
function knownLive({ made }: TrueOrder, { ledger, setting }: Court): number {
  const { authority } = ledger.claims;
  const reading = authority === undefined ? undefined : ledger.heard.lastAccepted(authority.id);
  if (authority === undefined || reading === undefined) return 0;
  // What it kept to itself, nobody knows.
  if (ledger.faults.lied(authority.id, reading.beganMs, reading.atMs)) return 0;
  const known = new Set<ServoUid>();
  for (const [id, host] of ledger.hosts.all) {
    if (host.retired || host.cell !== made.cell || host.generation !== made.generation) continue;
    const latest = ledger.heard.latest(id);
    // What was shown to an earlier leader, this one has not seen; what it showed before it was taken out, or in another boot, is forgotten.
    if (latest === undefined || latest.problems > 0 || latest.epoch !== made.epoch) continue;
    if (latest.atMs < Math.max(host.memberSinceMs, host.bootedMs)) continue;
    for (const servo of ledger.servos.on(id)) {
      if (servo.uid === made.uid || latest.servos.get(servo.uid)?.has(servo.incarnation) !== true) continue;
      const isKnown = ledger.claims
        .claimsOf(servo.uid)
        .some(
          (s) =>
            s.witness === authority.id &&
            s.host === id &&
            s.toMs === undefined &&
            ledger.heard.shows(reading, s),
        );
      if (isKnown) known.add(servo.uid);
      if (known.size >= setting.policy.controls) return known.size;
    }
  }
  return known.size;
}
