// What an evidence gate may know beside the evidence: the time, the numbers, and whose leadership this is.
import type { Epoch } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Answer } from '../domain/answer.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Policy } from '../domain/policy.ts';

export interface Given {
  readonly now: Now;
  readonly policy: Policy;
  readonly epoch: Epoch;
}

export type EvidenceGateRule = (evidence: Evidence, given: Given) => Answer;
