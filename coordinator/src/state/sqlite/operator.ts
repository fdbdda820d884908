// All that a round decides by, as of one moment.
import type { Now } from '@servo-auditor/proto/time.ts';
import type { OperatorState } from '../../domain/operator.ts';
import { readApprovals } from './approvals.ts';
import { readBreakers, readExemptions } from './breakers.ts';
import { liveCases } from './cases.ts';
import { readCharges } from './charges.ts';
import type { Db } from './db.ts';
import { readAcknowledgedMissing, readHosts } from './hosts.ts';
import { unfinishedOrders } from './orders.ts';
import { readFreeze, readHolds } from './protections.ts';
import { readModes, readTracks } from './trust.ts';

export function readOperatorState(db: Db, { waitMs }: Now): OperatorState {
  return {
    holds: readHolds(db, waitMs),
    freeze: readFreeze(db),
    approvals: readApprovals(db),
    modes: readModes(db),
    tracks: readTracks(db),
    breakers: readBreakers(db),
    exemptions: readExemptions(db),
    hosts: readHosts(db),
    acknowledgedMissing: readAcknowledgedMissing(db),
    openOrders: unfinishedOrders(db),
    charges: readCharges(db, waitMs),
    cases: liveCases(db),
  };
}
