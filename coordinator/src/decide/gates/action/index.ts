// All action gates, in the order in which they are shown. A new gate is one file, one line here, and its name in the domain.
import type { ActionGate } from '../../../domain/verdict.ts';
import type { ActionGateRule } from '../../acting.ts';
import { breaker } from './breaker.ts';
import { budget } from './budget.ts';
import { fleetQuorum } from './fleet-quorum.ts';
import { freeze } from './freeze.ts';
import { generationCertified } from './generation-certified.ts';
import { hold } from './hold.ts';
import { mode } from './mode.ts';
import { selfStall } from './self-stall.ts';

export const actionGateRules: Readonly<Record<ActionGate, ActionGateRule>> = {
  'generation-certified': generationCertified,
  mode,
  hold,
  freeze,
  'fleet-quorum': fleetQuorum,
  'self-stall': selfStall,
  breaker,
  budget,
};
