// The one order in which servos are listed where nothing else tells them apart: a list that a person answers to by its hash must
// be the same list however its servos were found.
import type { Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';

interface Named {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
}

/** By uid, then by incarnation. 0 for copies that bear the same of both: these keep their order. */
export function byUid(a: Named, b: Named): number {
  const [first, second] = [keyOf(a), keyOf(b)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

/** A blank stands before every character of an id, so that the longer of two uids comes later. */
function keyOf({ uid, incarnation }: Named): string {
  return `${uid} ${incarnation}`;
}
