// Holding, releasing, freezing, lifting.
import { Unfit } from '../../port.ts';
import { instantJson } from '../instant.ts';
import { insertHold, readFreeze, readHolds } from '../protections.ts';
import type { Tx } from '../transaction.ts';
import type { About, Actor } from './act.ts';
import type { ActOf } from './kind.ts';

export function setHold(tx: Tx, { by, reason }: Actor, { scope, untilMs }: ActOf<'hold.set'>): About {
  refusePast(tx, untilMs);
  const id = insertHold(tx, { scope, by, reason, untilMs });
  return { before: null, after: { id, scope, untilMs } };
}

/** An end that is over, or is no number, would protect nothing. */
export function refusePast({ now }: Tx, untilMs: number | undefined): void {
  if (untilMs !== undefined && !(untilMs > now.waitMs))
    throw new Unfit(
      `a hold until ${untilMs} ms protects nothing: it is ${Math.round(now.waitMs)} ms already; name a later end`,
    );
}

export function releaseHold({ db, now }: Tx, { id }: ActOf<'hold.released'>): About {
  const hold = readHolds(db, now.waitMs).find((h) => h.id === id);
  if (hold === undefined)
    throw new Unfit(
      `no hold ${id} is in force: it was released, has ended, or never was; see servoctl holds list`,
    );
  db.run('DELETE FROM holds WHERE id = ?', id);
  const { scope, by, reason, untilMs } = hold;
  return { before: { id, scope, by, reason, untilMs }, after: null };
}

export function setFreeze({ db, now }: Tx, { by, reason }: Actor): About {
  const before = readFreeze(db);
  if (before !== undefined)
    throw new Unfit(
      `frozen already, by ${before.by}: ${before.reason}; nothing is stopped until servoctl unfreeze`,
    );
  db.run('INSERT INTO freeze (one, by, reason, since) VALUES (1, ?, ?, ?)', by, reason, instantJson(now));
  return { before: null, after: { by, reason } };
}

export function liftFreeze({ db }: Tx): About {
  const before = readFreeze(db);
  if (before === undefined) throw new Unfit('nothing is frozen; see servoctl status');
  db.run('DELETE FROM freeze');
  return { before: { by: before.by, reason: before.reason }, after: null };
}
