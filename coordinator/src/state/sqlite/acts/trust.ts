// Promoting and demoting a generation, confirming an orphan, closing a breaker.
import { modes } from '../../../domain/operator.ts';
import { Unfit } from '../../port.ts';
import { exemptMembers, findBreaker, readBreakers } from '../breakers.ts';
import { findCase } from '../cases.ts';
import { listed } from '../listed.ts';
import type { Tx } from '../transaction.ts';
import { bestCertified, findMode, findTrack, writeTrack } from '../trust.ts';
import type { About, Actor } from './act.ts';
import type { ActOf } from './kind.ts';

/** Promotion needs certification; demotion needs nothing. */
export function setMode({ db }: Tx, { cell, generation, mode }: ActOf<'mode.set'>): About {
  const before = findMode(db, cell, generation);
  const certified = bestCertified(db, cell, generation);
  if (modes.indexOf(mode) > modes.indexOf(before) && modes.indexOf(mode) > modes.indexOf(certified))
    throw new Unfit(
      `${generation} in ${cell} is certified for ${certified} at most, not for ${mode}; what it still needs: servoctl certifications list`,
    );
  db.run('INSERT OR REPLACE INTO modes (cell, generation, mode) VALUES (?, ?, ?)', cell, generation, mode);
  return { cell, generation, before, after: mode };
}

export function confirmOrphan({ db }: Tx, { by }: Actor, what: ActOf<'orphan.confirmed'>): About {
  const { cell, generation, readerVersion, uid, incarnation } = what;
  const track = findTrack(db, what);
  if (track === undefined)
    throw new Unfit(
      `${generation} in ${cell} has earned nothing with reader ${readerVersion.slice(0, 12)} yet: wait for a round, see servoctl certifications list`,
    );
  const found = findCase(db, uid, incarnation);
  if (found === undefined || found.cell !== cell || found.generation !== generation)
    throw new Unfit(
      `${uid} (${incarnation}) has no case in ${generation} of ${cell}: see servoctl cases list --state orphan`,
    );
  if (found.state === 'suspect' || found.state === 'over')
    throw new Unfit(`${uid} (${incarnation}) is ${found.state}, not an orphan: see servoctl explain ${uid}`);
  const after = { uid, incarnation, by };
  writeTrack(db, { ...track, confirmedOrphan: after });
  return { cell, generation, readerVersion, before: track.confirmedOrphan ?? null, after };
}

/** For exactly the list that the hash names: its members count no more in this cohort. */
export function closeBreaker(tx: Tx, { cohort, hash }: ActOf<'breaker.closed'>): About {
  const breaker = findBreaker(tx.db, cohort);
  if (breaker === undefined) {
    const open = readBreakers(tx.db).map((b) => b.cohort);
    throw new Unfit(
      `no breaker ${cohort} is open; open are: ${open.length === 0 ? 'none' : open.slice(0, 10).join(', ')}`,
    );
  }
  if (breaker.hash !== hash)
    throw new Unfit(
      `the list of breaker ${cohort} is another by now (${breaker.members.length} servos, hash ${breaker.hash.slice(0, 12)}): ` +
        `look again with servoctl breakers show ${cohort}`,
    );
  exemptMembers(tx, breaker);
  return { cohort, hash, message: breaker.message, ...listed(breaker.members) };
}
