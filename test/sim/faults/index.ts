// All faults by their names.
import type { Fault } from '../event.ts';
import { clockDrift, clockJump } from './clocks.ts';
import { fullDisk, lostWrite, tornWrite } from './disks.ts';
import type { FaultRule } from './fault.ts';
import { hostCrash, hostReimaged, hostRenamed, hostRestored } from './hosts.ts';
import { delay, duplication, loss, oneWayPartition, partition, reordering } from './network.ts';
import { agentCrash, agentPause, coordinatorCrash, coordinatorPause } from './processes.ts';
import { brokenItem, misread, mixedVersions } from './readers.ts';
import {
  witnessEmpty,
  witnessFailing,
  witnessRestoredOld,
  witnessSlow,
  witnessStale,
  witnessTruncated,
} from './witnesses.ts';

export const faultRules: Readonly<Record<Fault, FaultRule>> = {
  loss,
  duplication,
  delay,
  reordering,
  'one-way-partition': oneWayPartition,
  partition,
  'agent-crash': agentCrash,
  'coordinator-crash': coordinatorCrash,
  'agent-pause': agentPause,
  'coordinator-pause': coordinatorPause,
  'torn-write': tornWrite,
  'lost-write': lostWrite,
  'full-disk': fullDisk,
  'clock-jump': clockJump,
  'clock-drift': clockDrift,
  'witness-empty': witnessEmpty,
  'witness-truncated': witnessTruncated,
  'witness-stale': witnessStale,
  'witness-restored-old': witnessRestoredOld,
  'witness-failing': witnessFailing,
  'witness-slow': witnessSlow,
  misread,
  'mixed-versions': mixedVersions,
  'broken-item': brokenItem,
  'host-crash': hostCrash,
  'host-reimaged': hostReimaged,
  'host-restored': hostRestored,
  'host-renamed': hostRenamed,
};
