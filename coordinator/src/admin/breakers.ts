// Open breakers. A person closes one for exactly the list that was seen.
import { Refused, type AdminCalls } from '@servo-auditor/proto/admin.ts';
import { acted } from './act.ts';
import type { AdminDeps } from './deps.ts';
import { breakerRow } from './rows.ts';

export function breakerCalls(deps: AdminDeps): Pick<AdminCalls, 'ListBreakers' | 'CloseBreaker'> {
  return {
    async ListBreakers() {
      return { breakers: (await deps.store.openBreakers()).map(breakerRow) };
    },

    async CloseBreaker({ cohort, hash, reason }, by) {
      const open = (await deps.store.openBreakers()).find((b) => b.cohort === cohort);
      if (open === undefined)
        throw new Refused('not-found', `no breaker ${cohort} is open; see: servoctl breakers list`);
      if (open.hash !== hash)
        throw new Refused(
          'unfit',
          `the list of ${cohort} has changed since it was seen; look again: servoctl breakers show ${cohort}`,
        );
      const message = `breaker ${cohort} is closed: its ${open.members.length} servo(s) count no more in it`;
      return await acted(deps, by, reason, { kind: 'breaker.closed', cohort, hash }, message);
    },
  };
}
