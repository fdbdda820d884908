// What the network does between one host and its coordinators. Faults change it; without faults messages take some
// milliseconds, and arrive once, in their order.

export interface Weather {
  /** Shares of messages, from 0 to 1. */
  loss: number;
  duplication: number;
  reordering: number;
  /** Longest further delay of a message, in milliseconds. */
  delayMs: number;
  /** Nothing goes from the host to coordinators. */
  upCut: boolean;
  /** Nothing comes from coordinators to the host. */
  downCut: boolean;
}

export function fairWeather(): Weather {
  return { loss: 0, duplication: 0, reordering: 0, delayMs: 0, upCut: false, downCut: false };
}

/** The worst of all that happens at once. */
export function worst(all: readonly Partial<Weather>[]): Weather {
  const sum = fairWeather();
  for (const one of all) {
    sum.loss = Math.max(sum.loss, one.loss ?? 0);
    sum.duplication = Math.max(sum.duplication, one.duplication ?? 0);
    sum.reordering = Math.max(sum.reordering, one.reordering ?? 0);
    sum.delayMs = Math.max(sum.delayMs, one.delayMs ?? 0);
    sum.upCut ||= one.upCut === true;
    sum.downCut ||= one.downCut === true;
  }
  return sum;
}
