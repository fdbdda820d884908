// A disappearance stands by itself only after a look-up of the single uid, by another query than the bulk reading, says so too.
// What cannot be told stays undecided, and is asked again in the next pass.
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Lookup } from '../domain/witness.ts';
import type { Book } from './book.ts';
import { isBorneOut } from './elsewhere.ts';
import { renewRelease, type Question } from './follow.ts';
import { rowOf } from './inventory.ts';

/** Look-ups under way at once: enough to hide the network, too few to weigh on the authority. */
const lookupsAtOnce = 16;
/** Failures in a row after which the authority is left alone until the next pass: each may take the whole time-out. */
const maxFailuresInARow = 16;

/** Asks for as many as one pass may, those first that were asked longest ago. */
export async function lookUp(
  book: Book,
  questions: readonly Question[],
  lookup: (uid: ServoUid) => Promise<Lookup>,
  now: Now,
  pass: number,
): Promise<void> {
  const turn = questions
    .toSorted((a, b) => a.candidate.askedInPass - b.candidate.askedInPass)
    .slice(0, book.setting.policy.lookupsPerRound);
  let next = 0;
  let failures = 0;
  const ask = async (): Promise<void> => {
    for (let q = turn[next++]; q !== undefined && failures < maxFailuresInARow; q = turn[next++]) {
      const said = await askOne(book, q, lookup, now);
      q.candidate.askedInPass = pass;
      failures = said ? 0 : failures + 1;
    }
  };
  await Promise.all(Array.from({ length: lookupsAtOnce }, ask));
}

/** Whether the authority could tell. */
async function askOne(
  book: Book,
  { record, candidate }: Question,
  lookup: (uid: ServoUid) => Promise<Lookup>,
  now: Now,
): Promise<boolean> {
  const { uid, incarnation } = candidate.at;
  let answer: Lookup;
  try {
    answer = await lookup(uid);
  } catch {
    // Whoever looks up logs why. An error is never "released".
    candidate.lookedUp = 'not yet';
    return false;
  }
  const isClaimed = answer.claims.some((claim) => !isBorneOut(book, claim, record.id, now));
  candidate.lookedUp = isClaimed ? 'claimed' : 'released';
  // Meanwhile the servo may have gone, and its release with it.
  const held = book.records.get(record.id)?.last?.inventory;
  if (held !== undefined && rowOf(held, uid, incarnation) >= 0) renewRelease(book, record, candidate, now);
  return true;
}
