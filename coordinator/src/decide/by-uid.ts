// The one order in which servos are listed where nothing else tells them apart: a list that a person answers to by its hash must
// be the same list however its servos were found.
import type { Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';

interface Named {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
}

/** By uid, then by incarnation. Of two different servos one always comes first. */
export function byUid(a: Named, b: Named): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

/** A blank stands before every character of an id, so that the longer of two uids comes later. */
function keyOf({ uid, incarnation }: Named): string {
  return `${uid} ${incarnation}`;
}
