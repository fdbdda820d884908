// Every change of hard state goes through here: fenced by the epoch, whole or not at all, durable when it returns, and with the
// time waited so far kept beside it.
import { Fenced, type DecisionMark, type Fence } from '../port.ts';
import { appendAudit, readHead } from './chain.ts';
import type { Db } from './db.ts';

/** What the work of one transaction sees. */
export interface Tx {
  readonly db: Db;
  readonly epoch: Fence['epoch'];
  readonly now: Fence['now'];
  /** `coordinator:<id>` of the leader: who signs what no operator did. */
  readonly leader: string;
  /** Appends to the audit chain. */
  audit(event: string, reason: string, about: Readonly<Record<string, unknown>>, by?: string): void;
  /** Where the chain ends now. */
  mark(): DecisionMark;
}

interface Lead {
  readonly epoch: number;
  readonly leader: string;
  readonly waited_ms: number;
}

/** How far the kept wait may lag behind while nothing else is written, in milliseconds: what a crash can cost at most. */
const waitedLagMs = 60_000;

/** One writing transaction. Throws `Fenced` when another coordinator leads; then, and whenever `work` throws, nothing changed. */
export function transact<T>(db: Db, fence: Fence, work: (tx: Tx) => T): T {
  return db.write(() => {
    const lead = checkFence(db, fence);
    const before = changes(db);
    const result = work(txOf(db, fence, lead));
    const waitedMs = fence.now.waitMs;
    if (changes(db) !== before || waitedMs - lead.waited_ms > waitedLagMs)
      db.run('UPDATE installation SET waited_ms = max(waited_ms, ?)', waitedMs);
    return result;
  });
}

/** One reading transaction, fenced likewise. */
export function consult<T>(db: Db, fence: Fence, work: () => T): T {
  return db.read(() => {
    checkFence(db, fence);
    return work();
  });
}

function txOf(db: Db, { epoch, now }: Fence, { leader }: Lead): Tx {
  const by = `coordinator:${leader}`;
  return {
    db,
    epoch,
    now,
    leader: by,
    audit: (event, reason, about, who = by) => {
      appendAudit(db, { wallMs: Math.round(now.wallMs), by: who, event, reason, about });
    },
    mark: () => readHead(db),
  };
}

function checkFence(db: Db, { epoch }: Fence): Lead {
  const lead = db.get<Lead>('SELECT epoch, leader, waited_ms FROM installation');
  if (lead === undefined) throw new Fenced('nobody leads this installation yet: take the lead first');
  if (lead.epoch !== epoch)
    throw new Fenced(`${lead.leader} leads under epoch ${lead.epoch}; this was decided under ${epoch}`);
  return lead;
}

function changes(db: Db): number {
  return db.get<{ n: number }>('SELECT total_changes() AS n')?.n ?? 0;
}
