// I4: every order cites its rounds of evidence: distinct heartbeats of one boot and epoch, each fresh when it was noted, each of an
// inventory that showed the servo, each followed by its own snapshot of every witness, spread over enough time; and the authority's
// claim, of which some reading knew, had ended, and the servo had been seen and was idle, for long enough.
import type { CitedRound, Told } from '../../event.ts';
import { isOf } from '../book/claims.ts';
import { time, type Court, type Invariant } from '../court.ts';
import { atLeastMs, atMostMs } from '../setting.ts';

/** One cited round, as it truly was. */
interface TrueRound {
  readonly cited: CitedRound;
  readonly heartbeat: Told<'heartbeat.heard'>;
  readonly firstBeganMs: number;
  readonly lastEndedMs: number;
}

type Say = (message: string) => void;

export const rounds: Invariant = (court) => ({
  'order.durable': (made) => {
    if (made.action !== 'stop' || made.byHand.length > 0) return;
    const { order, host, uid } = made;
    const say: Say = (message) => court.found('I4', `order ${order}: ${message}`, { order, host, uid });
    const found = made.rounds.flatMap((cited) => trueRound(cited, made, court, say) ?? []);
    judgeRounds(found, made, court, say);
    judgeAge(made, court, say);
  },
});

function trueRound(
  cited: CitedRound,
  made: Told<'order.durable'>,
  { ledger, setting }: Court,
  say: Say,
): TrueRound | undefined {
  const name = `the round of heartbeat ${cited.heartbeat}`;
  const { host, uid, incarnation } = made;
  const heartbeat = ledger.heard.heartbeat(host, cited.epoch, cited.heartbeat);
  if (heartbeat === undefined) {
    say(`cites ${name}, which was never heard under epoch ${cited.epoch}`);
    return undefined;
  }
  if (cited.epoch !== made.epoch) say(`is of epoch ${made.epoch}, and cites ${name} of epoch ${cited.epoch}`);
  if (heartbeat.boot !== cited.boot) say(`${name} was of boot ${heartbeat.boot}, not ${cited.boot}`);
  const inventory = ledger.heard.inventory(host, heartbeat.digest);
  if (inventory?.servos.get(uid)?.has(incarnation) !== true)
    say(`${name} vouches for no inventory that holds ${uid} ${incarnation}`);
  let firstBeganMs = Infinity;
  let lastEndedMs = 0;
  for (const witness of ledger.claims.witnesses.keys()) {
    const snapshot = cited.snapshots.find((s) => s.witness === witness);
    const reading = snapshot === undefined ? undefined : ledger.heard.reading(cited.epoch, snapshot.number);
    if (reading?.witness !== witness) {
      say(`${name} cites no accepted snapshot of ${witness}`);
      continue;
    }
    if (reading.beganMs < heartbeat.atMs)
      say(
        `in ${name}, ${witness} was read ${time(heartbeat.atMs - reading.beganMs)} before that heartbeat came`,
      );
    firstBeganMs = Math.min(firstBeganMs, reading.beganMs);
    lastEndedMs = Math.max(lastEndedMs, reading.atMs);
  }
  const { heartbeatIntervalMs, hostFreshIntervals } = setting.policy;
  const limitMs = atMostMs(heartbeatIntervalMs * hostFreshIntervals, setting);
  const ageMs = firstBeganMs - heartbeat.askedMs;
  if (ageMs > limitMs && firstBeganMs < Infinity)
    say(
      `${name} answered a nonce that was ${time(ageMs)} old when the round began, at most ${time(limitMs)}`,
    );
  return { cited, heartbeat, firstBeganMs, lastEndedMs };
}

function judgeRounds(found: readonly TrueRound[], made: Told<'order.durable'>, court: Court, say: Say): void {
  const { evidenceRounds, evidenceSpreadMs } = court.setting.policy;
  const heartbeats = new Set(found.map(({ cited }) => cited.heartbeat));
  if (heartbeats.size < evidenceRounds)
    say(`cites ${heartbeats.size} rounds of different heartbeats, at least ${evidenceRounds}`);
  const boots = new Set(found.map(({ heartbeat }) => heartbeat.boot));
  if (boots.size > 1) say(`cites rounds of ${boots.size} boots: ${[...boots].join(', ')}`);
  const [first] = found;
  if (first === undefined) return;
  const spreadMs = made.atMs - first.lastEndedMs;
  const leastMs = atLeastMs(evidenceSpreadMs, court.setting);
  if (spreadMs < leastMs)
    say(`was made ${time(spreadMs)} after its first round, which must be ${time(leastMs)} before the last`);
  found.forEach(({ cited }, i) => {
    const before = found[i - 1]?.cited;
    if (before === undefined) return;
    if (cited.heartbeat <= before.heartbeat)
      say(`cites heartbeat ${cited.heartbeat} after heartbeat ${before.heartbeat}`);
    for (const { witness, number } of cited.snapshots) {
      const last = before.snapshots.find((s) => s.witness === witness)?.number;
      if (last !== undefined && number <= last)
        say(
          `the rounds of heartbeats ${before.heartbeat} and ${cited.heartbeat} share snapshot ${number} of ${witness}`,
        );
    }
  });
}

/** Grace, and time in sight. */
function judgeAge(made: Told<'order.durable'>, { ledger, setting }: Court, say: Say): void {
  const { uid, host, incarnation, atMs } = made;
  const authority = ledger.claims.authority?.id;
  const { graceReleasedMs, graceSeenMs } = setting.policy;
  for (const span of ledger.claims.claimsOf(uid)) {
    if (span.witness !== authority || span.toMs === undefined || !isOf(span, host)) continue;
    // A claim that came and went between two readings was seen by nobody: what nobody saw cannot be waited for.
    if (!ledger.heard.saw(span)) continue;
    if (atMs - span.toMs < atLeastMs(graceReleasedMs, setting))
      say(
        `the authority's claim of ${uid} ended ${time(atMs - span.toMs)} before, at least ${time(graceReleasedMs)}`,
      );
  }
  const seenMs = ledger.heard.observedSinceMs(host, uid, incarnation);
  if (seenMs !== undefined && atMs - seenMs < atLeastMs(graceSeenMs, setting))
    say(`${uid} was first seen ${time(atMs - seenMs)} before, at least ${time(graceSeenMs)}`);
}
