// I14: nothing is destroyed that was not quarantined here for the whole minimum, is unclaimed and unheld at that moment, and is allowed
// by configuration on the host itself.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import { time, type Invariant } from '../court.ts';
import { atLeastMs } from '../setting.ts';

export const destroy: Invariant = ({ ledger, setting, found }) => {
  const stopped = new Map<string, number>();
  const allowed = new Set<HostId>();
  return {
    'host.allowsDestroy': ({ host }) => {
      allowed.add(host);
    },
    'stop.executed': ({ host, incarnation, atMs }) => {
      stopped.set(`${host} ${incarnation}`, atMs);
    },
    'start.executed': ({ host, was }) => {
      stopped.delete(`${host} ${was}`);
    },
    'destroy.executed': ({ order: id, host, uid, incarnation, atMs }) => {
      const about = { order: id, host, uid };
      const sinceMs = stopped.get(`${host} ${incarnation}`);
      const leastMs = atLeastMs(setting.destroyAfterMs, setting);
      if (sinceMs === undefined)
        found('I14', `${uid} was destroyed on ${host}, and was not quarantined there`, about);
      else if (atMs - sinceMs < leastMs)
        found(
          'I14',
          `${uid} was destroyed ${time(atMs - sinceMs)} after its stop, at least ${time(leastMs)}`,
          about,
        );
      if (!allowed.has(host)) found('I14', `${uid} was destroyed on ${host}, which does not allow it`, about);
      for (const span of ledger.claims.standing(uid))
        if (ledger.protects(span, host, atMs))
          found('I14', `${uid} was destroyed while ${span.witness} claims it`, about);
      const it = ledger.hosts.find(host);
      const truth = ledger.servos.find(host, incarnation);
      if (it === undefined || truth === undefined) return;
      const place = { uid, host, cell: it.cell, generation: it.generation, projects: [truth.project] };
      const hold = ledger.operators.holdOn(place, atMs, setting.drift);
      if (hold !== undefined || it.held.has(uid) || it.held.has(undefined))
        found('I14', `${uid} was destroyed on ${host} while it was held`, about);
    },
  };
};
