// The last step of every store outside the runtime: records in a fixed order, and a problem for each uid that stands twice.
import type { Digest, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { problem } from '../problem.ts';
import type { StoreReading, StoreRecord } from './port.ts';

/** A record, with the hash of the bytes that it was read from. */
export interface Item {
  readonly record: StoreRecord;
  readonly contentSha256: Digest;
}

export function gather(items: readonly Item[], problems: readonly Problem[]): StoreReading {
  const sorted = items.toSorted((a, b) => (a.record.path < b.record.path ? -1 : 1));
  const first = new Map<ServoUid, string>();
  const twice: Problem[] = [];
  for (const { record, contentSha256 } of sorted) {
    const before = first.get(record.uid);
    if (before === undefined) first.set(record.uid, record.path);
    else
      twice.push({
        ...problem(
          record.path,
          'uid-twice',
          `uid ${record.uid} stands in ${before} too; one of them must go`,
        ),
        contentSha256,
      });
  }
  return { records: sorted.map((item) => item.record), problems: [...problems, ...twice] };
}
