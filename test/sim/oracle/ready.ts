// Whether a servo is a true orphan in whose way nothing stands: by what is true, not by what the product believes. What is left out
// here is left out of I12, so each reason is one that DESIGN.md gives for waiting on something else than time.
import type { CellId, Generation, HostId } from '@servo-auditor/proto/ids.ts';
import type { TrueServo } from './book/servos.ts';
import { isOf } from './book/claims.ts';
import type { Ledger } from './ledger.ts';

/** Readings in which a source must have claimed it, here, while this incarnation was in sight: one more than is needed, and one for luck. */
const readingsWhileClaimed = 3;

/** Why it is not (yet) to be stopped, for people; undefined: it must be. */
export function whyNotReady(
  servo: TrueServo,
  atMs: number,
  ledger: Ledger,
  scene: Scene,
): string | undefined {
  return (
    whyNotOrphan(servo, ledger) ?? whyOperatorsWait(servo, atMs, ledger) ?? whyHostWaits(servo, ledger, scene)
  );
}

/** What whole generations wait for at one moment, worked out once for all their servos. */
export type Scene = Map<string, string | undefined>;

/** Released for good, by enough sources, and as a servo nothing speaks against it. */
function whyNotOrphan(servo: TrueServo, ledger: Ledger): string | undefined {
  const { uid, host, goneMs, stoppedMs, shown, contradictedSinceMs, usedSinceMs } = servo;
  if (goneMs !== undefined) return 'gone';
  if (stoppedMs !== undefined) return 'stopped';
  if (servo.isRestored) return 'restored once';
  if (shown !== uid) return 'not shown by its uid';
  if (contradictedSinceMs !== undefined) return 'contradicted';
  if (usedSinceMs !== undefined) return 'in use';
  if (!servo.measurable) return 'not measurable';
  if (!servo.keepable) return 'not keepable';
  for (const copy of ledger.servos.of(uid)) if (copy !== servo) return `also on ${copy.host}`;
  for (const span of ledger.claims.standing(uid)) return `claimed by ${span.witness}`;
  const observedMs = ledger.heard.observedSinceMs(host, uid, servo.incarnation);
  if (observedMs === undefined) return 'never seen';
  const seenMs = Math.max(observedMs, ledger.hosts.find(host)?.memberSinceMs ?? 0);
  const tombstones = ledger.claims.tombstonesOf(uid);
  if (tombstones.some((s) => s.fromMs <= seenMs)) return 'released before it was seen';
  const sources = new Set<string>();
  for (const { id, source, authority, lookup } of ledger.claims.witnesses.values()) {
    const released = ledger.claims.claimsOf(uid).some(
      (s) =>
        s.witness === id &&
        isOf(s, host) &&
        s.how === 'released' &&
        // What was shown otherwise for a while was gone for whoever looked: it must be claimed again to be known again.
        ledger.heard.readingsWithin({
          witness: id,
          fromVersion: s.fromVersion,
          fromMs: Math.max(s.fromMs, seenMs),
          toMs: s.toMs,
          host,
          // Below the limit of a shrink it may have left out just this one.
          counts: ({ beganMs, atMs }) => !ledger.faults.lied(id, beganMs, atMs),
        }) >= readingsWhileClaimed,
    );
    if (authority && !released) return 'not known to the authority';
    if (authority && !lookup && tombstones.length === 0) return 'no look-up';
    if (released) sources.add(source);
  }
  const { quorumSources } = ledger.setting.policy;
  return sources.size >= quorumSources ? undefined : `${sources.size} source(s) say released`;
}

/** Its host works. */
function whyHostWaits({ host: id }: TrueServo, ledger: Ledger, scene: Scene): string | undefined {
  const host = ledger.hosts.find(id);
  if (host === undefined || host.retired) return 'host not enrolled';
  if (!host.isUp || !host.agentRuns) return 'host down';
  if (host.broken.size > 0) return 'host has a broken item';
  if (host.contestedSinceMs !== undefined) return 'host contested';
  if (host.journalDamaged) return 'journal damaged';
  const key = `${host.cell} ${host.generation}`;
  if (!scene.has(key)) scene.set(key, whyGenerationWaits(host.cell, host.generation, ledger));
  return scene.get(key);
}

/** Cell and generation are seen well enough, and read right. */
function whyGenerationWaits(cell: CellId, generation: Generation, ledger: Ledger): string | undefined {
  for (const witness of ledger.claims.witnesses.keys())
    if (ledger.heard.lastReading(witness)?.outcome !== 'accepted') return `${witness} is not accepted`;
  let enrolled = 0;
  let well = 0;
  let isExpected = false;
  for (const [id, host] of ledger.hosts.all) {
    if (host.cell !== cell || host.retired) continue;
    enrolled++;
    if (host.isUp && host.agentRuns) well++;
    if (host.generation !== generation) continue;
    for (const span of ledger.claims.expectedOn(id))
      if (!isShown(span.uid, id, ledger)) return `${id} misses ${span.uid}`;
    isExpected ||= isAnyExpected(id, ledger);
  }
  if (!isExpected) return 'nothing expected of this generation';
  if (well < ledger.setting.policy.fleetQuorumShare * enrolled) return `${well} of ${enrolled} hosts are up`;
  return undefined;
}

/** Whether the authority claims one that is shown there, by its host or without one. */
function isAnyExpected(id: HostId, ledger: Ledger): boolean {
  for (const servo of ledger.servos.on(id))
    if (servo.shown === servo.uid && ledger.claims.isKnownLive(servo.uid, id)) return true;
  return false;
}

function isShown(uid: TrueServo['uid'], host: TrueServo['host'], ledger: Ledger): boolean {
  if (ledger.hosts.find(host)?.acknowledged.has(uid) === true) return true;
  for (const servo of ledger.servos.of(uid)) if (servo.host === host && servo.shown === uid) return true;
  return false;
}

/** No fault, no protection, nothing that a person must lift. */
function whyOperatorsWait(servo: TrueServo, atMs: number, ledger: Ledger): string | undefined {
  const { uid, host: id, project } = servo;
  const { operators, faults } = ledger;
  for (const { fault } of faults.active.values()) return `fault ${fault}`;
  const { cell, generation, readerVersion, held } = ledger.hosts.must(id);
  if (held.has(uid) || held.has(undefined)) return 'held on the host';
  if (operators.frozenSinceMs !== undefined) return 'frozen';
  const hold = operators.holdOn({ uid, host: id, cell, generation, projects: [project] }, atMs, 0);
  if (hold !== undefined) return `hold ${hold.id}`;
  if (operators.mode(cell, generation) !== 'enforce') return 'not in enforce';
  if (readerVersion === undefined) return 'reader unknown';
  if (operators.certified(cell, generation, readerVersion) !== 'enforce') return 'not certified';
  const cohorts = [
    `host:${id}`,
    `generation:${cell}:${generation}`,
    `reader:${cell}:${readerVersion}`,
    `cell:${cell}`,
    `project:${project}`,
    'fleet',
  ];
  const open = cohorts.find((cohort) => operators.breakers.has(cohort));
  return open === undefined ? undefined : `breaker ${open}`;
}
