// A moment, as it is kept.
import type { Instant } from '@servo-auditor/proto/time.ts';

/** Without the time waited: what ages by a staleness must not be compared with a wait. */
export function instantJson({ bootId, monoMs, bootMs, wallMs }: Instant): string {
  return JSON.stringify({ bootId, monoMs, bootMs, wallMs });
}
