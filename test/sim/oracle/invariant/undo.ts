// I13: every stop can be undone on the host alone, for as long as the quarantine lasts. The world tries at its end, and whenever it
// likes before; a host whose disk was lost or went back since has nothing to undo with, and is left out.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { Servo } from '../../event.ts';
import type { Invariant } from '../court.ts';

export const undo: Invariant = ({ ledger, figures, found }) => {
  const kept = new Map<string, Servo & { readonly stoppedMs: number }>();
  const tried = new Set<string>();
  const forget = (host: HostId): void => {
    for (const [key, servo] of kept) if (servo.host === host) kept.delete(key);
  };
  return {
    'stop.executed': ({ host, uid, incarnation, atMs }) => {
      kept.set(`${host} ${incarnation}`, { host, uid, incarnation, stoppedMs: atMs });
    },
    'start.executed': ({ host, was }) => {
      kept.delete(`${host} ${was}`);
    },
    'servo.gone': ({ host, incarnation }) => {
      kept.delete(`${host} ${incarnation}`);
    },
    'destroy.executed': ({ host, incarnation }) => {
      kept.delete(`${host} ${incarnation}`);
    },
    'host.reimaged': ({ host }) => forget(host),
    'host.restored': ({ host }) => forget(host),
    'host.renamed': ({ host, to }) => {
      for (const [key, servo] of kept)
        if (servo.host === host) {
          kept.delete(key);
          kept.set(`${to} ${servo.incarnation}`, { ...servo, host: to });
        }
    },
    'undo.tried': ({ host, uid, incarnation, done, why }) => {
      const key = `${host} ${incarnation}`;
      tried.add(key);
      if (done) figures.undone++;
      else if (kept.has(key))
        found('I13', `the stop of ${uid} on ${host} could not be undone there: ${why}`, { host, uid });
    },
    'world.ended': () => {
      for (const [key, { host, uid }] of kept)
        if (!tried.has(key) && ledger.hosts.find(host)?.isUp === true)
          found('I13', `nobody tried to undo the stop of ${uid} on ${host}: the world must`, { host, uid });
    },
  };
};
