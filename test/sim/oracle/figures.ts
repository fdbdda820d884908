// What the oracle measures beside judging: numbers that a report states, and that show how much an invariant had to look at.
export interface Figures {
  /** Stops that were executed, and orders to stop that were made. */
  stops: number;
  orders: number;
  yeses: number;
  /** Orders made for a servo that a witness truly claimed in a cited round, or that another copy's claim protected. */
  nearMisses: number;
  /** Stops of servos that were claimed after the last look-up and before the act, and the longest such time. */
  exposed: number;
  maxExposureMs: number;
  /** Longest time from the question to the moment when the agent's hand began. */
  maxYesAgeMs: number;
  /** Known-live servos at the most, hosts that were misread when a pass looked at them. */
  misreadPasses: number;
  /** True orphans that were waited for, those of them that were stopped, and those whose world ended before their bound. */
  trueOrphans: number;
  orphansStopped: number;
  orphansLeft: number;
  /** The longest time that one waited, from when nothing stood in its way. */
  maxOrphanWaitMs: number;
  /** The longest bound that a true orphan had. */
  maxBoundMs: number;
  undone: number;
  auditEntries: number;
  events: number;
}

export function noFigures(): Figures {
  return {
    stops: 0,
    orders: 0,
    yeses: 0,
    nearMisses: 0,
    exposed: 0,
    maxExposureMs: 0,
    maxYesAgeMs: 0,
    misreadPasses: 0,
    trueOrphans: 0,
    orphansStopped: 0,
    orphansLeft: 0,
    maxOrphanWaitMs: 0,
    maxBoundMs: 0,
    undone: 0,
    auditEntries: 0,
    events: 0,
  };
}

/** Of many worlds: sums, and the largest of what is a maximum. */
export function addFigures(a: Figures, b: Figures): Figures {
  const sum = noFigures();
  for (const key of Object.keys(sum) as (keyof Figures)[])
    sum[key] = key.startsWith('max') ? Math.max(a[key], b[key]) : a[key] + b[key];
  return sum;
}
