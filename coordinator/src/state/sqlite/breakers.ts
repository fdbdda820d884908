// Breakers: what opened them, what they block, and what a person exempted by closing one.
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import type { Digest } from '@servo-auditor/proto/ids.ts';
import type { BreakerMember, Exemption, OpenBreaker } from '../../domain/operator.ts';
import type { Db } from './db.ts';
import { instantJson } from './instant.ts';
import { listed } from './listed.ts';
import type { Tx } from './transaction.ts';

/** SHA-256 over the sorted lines `uid incarnation host`: names exactly this list, in whatever order it comes. */
export function membersHash(members: readonly BreakerMember[]): Digest {
  const lines = members.map(({ uid, incarnation, host }) => `${uid} ${incarnation} ${host}`);
  return sha256Hex(lines.sort().join('\n'));
}

interface BreakerRow {
  readonly cohort: string;
  readonly since: string;
  readonly message: string;
  readonly members: string;
  readonly hash: Digest;
}

export function readBreakers(db: Db): readonly OpenBreaker[] {
  return db.all<BreakerRow>('SELECT * FROM breakers ORDER BY cohort').map(breakerOf);
}

export function findBreaker(db: Db, cohort: string): OpenBreaker | undefined {
  const row = db.get<BreakerRow>('SELECT * FROM breakers WHERE cohort = ?', cohort);
  return row && breakerOf(row);
}

/** Opens a breaker, which is audited, or brings the list of an open one up to date, which is not. */
export function openBreaker(
  tx: Tx,
  cohort: string,
  message: string,
  members: readonly BreakerMember[],
): void {
  const hash = membersHash(members);
  const before = findBreaker(tx.db, cohort);
  if (before?.hash === hash) return;
  const list = members.map(({ uid, incarnation, host }) => ({ uid, incarnation, host }));
  tx.db.run(
    `INSERT INTO breakers (cohort, since, message, members, hash) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (cohort) DO UPDATE SET message = excluded.message, members = excluded.members, hash = excluded.hash`,
    cohort,
    instantJson(tx.now),
    message,
    JSON.stringify(list),
    hash,
  );
  if (before === undefined) tx.audit('breaker.opened', message, { cohort, hash, ...listed(list) });
}

/** Adds one member to a breaker, and opens it where it is not. */
export function addToBreaker(tx: Tx, cohort: string, message: string, member: BreakerMember): void {
  const { uid, incarnation } = member;
  const before = findBreaker(tx.db, cohort)?.members ?? [];
  const others = before.filter((m) => m.uid !== uid || m.incarnation !== incarnation);
  openBreaker(tx, cohort, message, [...others, member]);
}

/** Closes a breaker: exactly its members count no more in its cohort. */
export function exemptMembers({ db, now }: Tx, { cohort, members }: OpenBreaker): void {
  for (const { uid, incarnation } of members)
    db.run(
      'INSERT INTO exemptions (cohort, uid, incarnation, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      cohort,
      uid,
      incarnation,
      now.waitMs,
    );
  db.run('DELETE FROM breakers WHERE cohort = ?', cohort);
}

export function readExemptions(db: Db): readonly Exemption[] {
  return db.all<Exemption>(
    'SELECT cohort, uid, incarnation FROM exemptions ORDER BY cohort, uid, incarnation',
  );
}

function breakerOf({ cohort, since, message, members, hash }: BreakerRow): OpenBreaker {
  return {
    cohort,
    since: JSON.parse(since) as OpenBreaker['since'],
    message,
    members: JSON.parse(members) as OpenBreaker['members'],
    hash,
  };
}
