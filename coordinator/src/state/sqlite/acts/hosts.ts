// Enrolling, retiring and accepting hosts, and acknowledging what is broken or missing on them.
import { maxAcknowledgedItems, maxPathChars } from '@servo-auditor/proto/limits.ts';
import { Unfit } from '../../port.ts';
import { findCase, saveCase } from '../cases.ts';
import { acknowledgedOn, enrolledHost, findHost } from '../hosts.ts';
import { markClosed, unfinishedOn } from '../orders.ts';
import type { Tx } from '../transaction.ts';
import type { About } from './act.ts';
import type { ActOf } from './kind.ts';

export function enrolHost({ db }: Tx, { host, cell }: ActOf<'host.enrolled'>): About {
  const before = findHost(db, host);
  if (before !== undefined && !before.retired)
    throw new Unfit(
      before.cell === cell
        ? `${host} is enrolled in ${cell} already: see servoctl hosts list`
        : `${host} is enrolled in ${before.cell}: retire it there first (servoctl hosts retire ${host})`,
    );
  db.run(
    `INSERT INTO hosts (host, cell, retired) VALUES (?, ?, 0)
     ON CONFLICT (host) DO UPDATE SET cell = excluded.cell, retired = 0`,
    host,
    cell,
  );
  return {
    host,
    before: before === undefined ? null : { cell: before.cell, retired: true },
    after: { cell, retired: false },
  };
}

/**
 * Takes a host out. It may not speak any more, so nothing waits for its receipts: its orders are closed, without an outcome;
 * charges stay, and a receipt counts that comes after all (the host was enrolled again).
 */
export function retireHost(tx: Tx, { host }: ActOf<'host.retired'>): About {
  const before = enrolledHost(tx.db, host);
  if (before.retired) throw new Unfit(`${host} is retired already: see servoctl hosts list`);
  tx.db.run('UPDATE hosts SET retired = 1 WHERE host = ?', host);
  const orders = unfinishedOn(tx.db, host);
  for (const { id, uid, incarnation } of orders) {
    markClosed(tx, id, undefined);
    const ordered = findCase(tx.db, uid, incarnation);
    if (ordered?.state !== 'ordered') continue;
    const { waitMs: sinceMs, wallMs: sinceWallMs } = tx.now;
    const message = `${host} was retired before it receipted order ${id}`;
    saveCase(tx, { ...ordered, state: 'over', sinceMs, sinceWallMs, message }, '{}');
  }
  return {
    host,
    before: { cell: before.cell, retired: false },
    after: { retired: true, closed: orders.map((o) => o.id) },
  };
}

/** Where its journal stood counts no more: the next mark is taken as it comes. */
export function acceptHost({ db }: Tx, { host, before }: ActOf<'host.accepted'>): About {
  const { journal } = enrolledHost(db, host);
  db.run(
    'UPDATE hosts SET journal_sequence = NULL, journal_hash = NULL, contested = NULL WHERE host = ?',
    host,
  );
  return { host, before: { contested: before, journal }, after: null };
}

export function acknowledgeItem(
  { db }: Tx,
  { host, path, contentSha256 }: ActOf<'item.acknowledged'>,
): About {
  enrolledHost(db, host);
  if (path.length < 1 || path.length > maxPathChars)
    throw new Unfit(
      `a path of ${path.length} characters: want 1 to ${maxPathChars}, as servoctl hosts show ${host} lists it`,
    );
  const items = acknowledgedOn(db, host);
  const before = items.find((item) => item.path === path);
  if (before?.contentSha256 === contentSha256)
    throw new Unfit(`${path} on ${host} is acknowledged already, with this content`);
  if (before === undefined && items.length >= maxAcknowledgedItems)
    throw new Unfit(
      `${host} has ${items.length} acknowledged items, at most ${maxAcknowledgedItems}: mend some of them on the host`,
    );
  db.run(
    'INSERT OR REPLACE INTO acknowledged_items (host, path, content_sha256) VALUES (?, ?, ?)',
    host,
    path,
    contentSha256,
  );
  return { host, path, before: before?.contentSha256 ?? null, after: contentSha256 };
}

export function acknowledgeMissing({ db }: Tx, { host, uid }: ActOf<'missing.acknowledged'>): About {
  enrolledHost(db, host);
  const added = db.run(
    'INSERT INTO acknowledged_missing (host, uid) VALUES (?, ?) ON CONFLICT DO NOTHING',
    host,
    uid,
  );
  if (added === 0) throw new Unfit(`that ${uid} is missing on ${host} is acknowledged already`);
  return { host, uid };
}
