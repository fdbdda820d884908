// I12: faults over, true orphan, certified, no hold, breaker closed: it is stopped within a stated bound. Counted per host, since a host
// stops one at a time: from when nothing stood in the way of its oldest orphan, or from its last stop, the next one comes within it.
import type { CellId, HostId } from '@servo-auditor/proto/ids.ts';
import { boundMs } from '../bound.ts';
import type { TrueServo } from '../book/servos.ts';
import { time, type Invariant } from '../court.ts';
import { whyNotReady, type Scene } from '../ready.ts';

export const liveness: Invariant = (court) => {
  const { ledger, figures, setting } = court;
  /** Servos of which some claim has ended. */
  const candidates = new Set<TrueServo>();
  const readySince = new Map<TrueServo, number>();
  /**
   * Those that waited at once since it did, at the most, and stops of any servo since it does, waited for or not: all of them
   * use the same budgets.
   */
  const mostWaiting = new Map<TrueServo, number>();
  const stopsBefore = new Map<TrueServo, number>();
  const counted = new Set<TrueServo>();
  const lastStop = new Map<HostId, number>();
  const reported = new Set<TrueServo>();

  const look = (atMs: number, cell: CellId | undefined): void => {
    const scene: Scene = new Map();
    for (const servo of candidates) {
      const host = ledger.hosts.find(servo.host);
      // What is gone stays with the name that its host had then.
      if (servo.goneMs === undefined && cell !== undefined && host?.cell !== cell) continue;
      const why = whyNotReady(servo, atMs, ledger, scene);
      if (why === 'gone' || why === 'stopped') candidates.delete(servo);
      if (why !== undefined || host === undefined) {
        readySince.delete(servo);
        mostWaiting.delete(servo);
        stopsBefore.delete(servo);
        continue;
      }
      const since = Math.max(readySince.get(servo) ?? atMs, ledger.faults.lastEndedMs, host.agentSinceMs);
      readySince.set(servo, since);
      if (!counted.has(servo)) figures.trueOrphans++;
      counted.add(servo);
    }
    judge(atMs);
  };

  const judge = (atMs: number): void => {
    for (const servo of readySince.keys()) {
      mostWaiting.set(servo, Math.max(readySince.size, mostWaiting.get(servo) ?? 0));
      if (!stopsBefore.has(servo)) stopsBefore.set(servo, figures.stops);
    }
    for (const [host, { servo, sinceMs }] of oldestPerHost(readySince)) {
      const stops = figures.stops - (stopsBefore.get(servo) ?? figures.stops);
      const waiting = Math.max(mostWaiting.get(servo) ?? 1, stops + 1);
      const limitMs = boundMs(waiting, setting);
      figures.maxBoundMs = Math.max(figures.maxBoundMs, limitMs);
      const waitedMs = atMs - Math.max(sinceMs, lastStop.get(host) ?? 0);
      if (waitedMs <= limitMs || reported.has(servo)) continue;
      reported.add(servo);
      court.found(
        'I12',
        `${servo.uid} on ${host} is a true orphan, and nothing stood in its way for ${time(atMs - sinceMs)}; ${host} has stopped nothing for ${time(waitedMs)}, at most ${time(limitMs)} with ${waiting} waiting`,
        { host, uid: servo.uid },
      );
    }
  };

  return {
    'claim.withdrawn': ({ uid }) => {
      for (const servo of ledger.servos.of(uid)) candidates.add(servo);
    },
    'journal.durable': ({ host, entry, atMs }) => {
      if (entry === 'intent') lastStop.set(host, atMs);
    },
    'stop.executed': ({ host, incarnation, atMs }) => {
      lastStop.set(host, atMs);
      const servo = ledger.servos.find(host, incarnation);
      const sinceMs = servo === undefined ? undefined : readySince.get(servo);
      if (servo === undefined || sinceMs === undefined) return;
      figures.orphansStopped++;
      figures.maxOrphanWaitMs = Math.max(figures.maxOrphanWaitMs, atMs - sinceMs);
      readySince.delete(servo);
      candidates.delete(servo);
    },
    'pass.ended': ({ cell, atMs }) => look(atMs, cell),
    'world.ended': ({ atMs }) => {
      look(atMs, undefined);
      figures.orphansLeft += readySince.size;
    },
  };
};

function oldestPerHost(
  readySince: ReadonlyMap<TrueServo, number>,
): ReadonlyMap<HostId, { readonly servo: TrueServo; readonly sinceMs: number }> {
  const oldest = new Map<HostId, { readonly servo: TrueServo; readonly sinceMs: number }>();
  for (const [servo, sinceMs] of readySince) {
    const known = oldest.get(servo.host);
    if (known === undefined || sinceMs < known.sinceMs) oldest.set(servo.host, { servo, sinceMs });
  }
  return oldest;
}
