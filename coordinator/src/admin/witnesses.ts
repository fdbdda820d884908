// Witnesses: how each was read last, and what waits for a person.
import { Refused, type AdminCalls } from '@servo-auditor/proto/admin.ts';
import { acted } from './act.ts';
import type { AdminDeps } from './deps.ts';
import { witnessRow } from './rows.ts';

export function witnessCalls(deps: AdminDeps): Pick<AdminCalls, 'ListWitnesses' | 'AcceptWitness'> {
  return {
    async ListWitnesses() {
      const now = deps.now();
      return { witnesses: deps.witnesses().map((view) => witnessRow(view, now, deps.policy)) };
    },

    async AcceptWitness({ witness, hash, reason }, by) {
      const view = deps.witnesses().find((w) => w.id === witness);
      if (view === undefined)
        throw new Refused(
          'not-found',
          `there is no witness ${witness}; there are ${deps
            .witnesses()
            .map((w) => w.id)
            .join(', ')}`,
        );
      if (view.waiting === undefined)
        throw new Refused('unfit', `no snapshot of ${witness} waits; see: servoctl witnesses list`);
      if (view.waiting.hash !== hash)
        throw new Refused(
          'unfit',
          `another snapshot of ${witness} waits than the one that was seen; look again: servoctl witnesses list`,
        );
      const message = `the snapshot of ${witness} that was seen is accepted; it counts with its next reading`;
      const reply = await acted(deps, by, reason, { kind: 'witness.accepted', witness, hash }, message);
      deps.witnessAccepted(witness, hash);
      return reply;
    },
  };
}
