// The coordinator has neither stalled nor slept since it read the evidence.
import { pass, refuse } from '../../../domain/answer.ts';
import type { ActionGateRule } from '../../acting.ts';

export const selfStall: ActionGateRule = (_orphan, { context: { stalledMs, policy } }) => {
  const numbers = { stalledMs, limitMs: policy.stallMs };
  return stalledMs <= policy.stallMs
    ? pass('longest stall since the evidence was read {stalledMs}, at most {limitMs}', numbers)
    : refuse(
        'the coordinator stalled or slept for {stalledMs} since the evidence was read, more than {limitMs}',
        'waits for the next round; if it stays: is the coordinator’s machine overloaded?',
        numbers,
      );
};
