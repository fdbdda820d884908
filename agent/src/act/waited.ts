// Makes the waited time durable, where a window of the local limit depends on it.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Journal } from './journal.ts';

/** @param stepMs how much must have been waited since it was last written. */
export function noteWaited(journal: Journal, clock: Clock, stepMs: number): void {
  const { waitMs } = clock.now();
  const { view, damage } = journal;
  if (damage !== undefined || view.stopsMs.length === 0 || waitMs - view.waitedMs < stepMs) return;
  try {
    journal.append({ kind: 'waited' }, waitMs);
  } catch {
    // Then the windows only become longer.
  }
}
