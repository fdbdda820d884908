// Enough rounds of evidence since the release, in one boot and one leadership, over enough time.
import { duration, pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const rounds: EvidenceGateRule = (evidence, { policy, epoch }) => {
  const { bootId } = evidence.host.view;
  const since = evidence.release?.firstReadMs ?? Infinity;
  const counted = evidence.rounds.filter(
    (r) => r.fresh && r.bootId === bootId && r.epoch === epoch && r.atMs >= since,
  );
  const first = counted[0];
  const last = counted.at(-1);
  const spreadMs = first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
  const heartbeats = new Set(counted.map((r) => r.heartbeat)).size;
  const numbers = {
    rounds: heartbeats,
    limit: policy.evidenceRounds,
    spreadMs,
    spreadLimitMs: policy.evidenceSpreadMs,
  };
  return heartbeats >= policy.evidenceRounds && spreadMs >= policy.evidenceSpreadMs
    ? pass('{rounds} rounds of evidence over {spreadMs}; needs {limit} over {spreadLimitMs}', numbers)
    : refuse(
        '{rounds} round(s) of evidence over {spreadMs}; needs {limit} over {spreadLimitMs}',
        `waits; a round takes about ${duration(policy.roundIntervalMs)}`,
        numbers,
      );
};
