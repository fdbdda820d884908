// All evidence gates, in the order in which they are shown. A new gate is one file, one line here, and its name in the domain.
import type { EvidenceGate } from '../../../domain/verdict.ts';
import type { EvidenceGateRule } from '../../given.ts';
import { grace } from './grace.ts';
import { hostFresh } from './host-fresh.ts';
import { identityAgrees } from './identity-agrees.ts';
import { inventoryComplete } from './inventory-complete.ts';
import { knownIdentity } from './known-identity.ts';
import { quiet } from './quiet.ts';
import { quorum } from './quorum.ts';
import { rounds } from './rounds.ts';
import { swap } from './swap.ts';
import { twoWayMatch } from './two-way-match.ts';
import { witnessFresh } from './witness-fresh.ts';
import { witnessShrink } from './witness-shrink.ts';

export const evidenceGateRules: Readonly<Record<EvidenceGate, EvidenceGateRule>> = {
  'host-fresh': hostFresh,
  'inventory-complete': inventoryComplete,
  'identity-agrees': identityAgrees,
  'known-identity': knownIdentity,
  swap,
  'two-way-match': twoWayMatch,
  'witness-fresh': witnessFresh,
  'witness-shrink': witnessShrink,
  quorum,
  rounds,
  grace,
  quiet,
};
