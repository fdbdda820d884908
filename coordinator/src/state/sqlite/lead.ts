// Taking the lead: the epoch goes up, and whoever led before is fenced from here on.
import { randomBytes } from 'node:crypto';
import { parseEpoch, parseId, type CoordinatorId, type InstallationId } from '@servo-auditor/proto/ids.ts';
import { emptyChain } from '../audit.ts';
import type { Leadership } from '../port.ts';
import { appendAudit } from './chain.ts';
import type { Db } from './db.ts';

interface Before {
  readonly id: InstallationId;
  readonly epoch: number;
  readonly leader: string;
  readonly waited_ms: number;
}

/** @param wallMs for people, in the audit log. */
export function lead(db: Db, coordinator: CoordinatorId, wallMs: number): Leadership {
  return db.write(() => {
    const before = db.get<Before>('SELECT id, epoch, leader, waited_ms FROM installation');
    const installation = before?.id ?? newInstallation();
    const epoch = parseEpoch((before?.epoch ?? 0) + 1);
    if (before === undefined)
      db.run(
        'INSERT INTO installation (one, id, epoch, leader, waited_ms, version, hash) VALUES (1, ?, ?, ?, 0, ?, ?)',
        installation,
        epoch,
        coordinator,
        emptyChain.version,
        emptyChain.hash,
      );
    else db.run('UPDATE installation SET epoch = ?, leader = ?', epoch, coordinator);
    const decision = appendAudit(db, {
      wallMs: Math.round(wallMs),
      by: `coordinator:${coordinator}`,
      event: 'leader.took',
      reason: '',
      about: {
        installation,
        before: before === undefined ? null : { epoch: before.epoch, leader: before.leader },
        after: { epoch, leader: coordinator },
      },
    });
    return { installation, epoch, waitedMs: before?.waited_ms ?? 0, decision };
  });
}

/** Random, once: tells this installation from every other, also from one that is set up again under the same name. */
function newInstallation(): InstallationId {
  return parseId('installation', `inst-${randomBytes(8).toString('hex')}`);
}
