// The numbers by which the oracle judges, as the policy and the agents' limits give them. Only numbers: what they mean for a
// servo the oracle works out by itself.
import { defaultPolicy, type Policy } from '../../../coordinator/src/domain/policy.ts';

const minute = 60_000;
const hour = 60 * minute;

/** An agent's own limit: so many stops in a window, and a share of its servos (at least one) in a long window. */
export interface AgentLimits {
  readonly stops: number;
  readonly windowMs: number;
  readonly longShare: number;
  readonly longWindowMs: number;
}

export interface OracleSetting {
  readonly policy: Policy;
  readonly agent: AgentLimits;
  /** How old a yes may be when the agent's hand begins, from the question, on the agent's clocks. */
  readonly yesLivesMs: number;
  /** How much faster or slower than true time a machine's clocks may run, as a share. */
  readonly drift: number;
  /** How long a stop may take by itself: what a servo is given to end. */
  readonly stopGraceMs: number;
  /** Longest wait of an agent before it calls again. */
  readonly backoffMs: number;
  /** Least time in quarantine before anything may be destroyed. */
  readonly destroyAfterMs: number;
}

export const defaultSetting: OracleSetting = {
  policy: defaultPolicy,
  agent: { stops: 1, windowMs: 10 * minute, longShare: 0.05, longWindowMs: 24 * hour },
  yesLivesMs: 5000,
  drift: 0.001,
  stopGraceMs: 0,
  backoffMs: 30_000,
  destroyAfterMs: 14 * 24 * hour,
};

/** The least true time in which a clock that runs fast shows `ms`. */
export function atLeastMs(ms: number, { drift }: Pick<OracleSetting, 'drift'>): number {
  return ms / (1 + drift);
}

/** The most true time in which a clock that runs slow shows `ms`. */
export function atMostMs(ms: number, { drift }: Pick<OracleSetting, 'drift'>): number {
  return ms / (1 - drift);
}
