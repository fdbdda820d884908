// The audit chain: followed, exported, verified. It is only ever read here.
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, type AdminCalls, type AuditEntry as EntryRow } from '@servo-auditor/proto/admin.ts';
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import { emptyChain } from '../state/audit.ts';
import type { AuditEntry } from '../state/port.ts';
import type { AdminDeps } from './deps.ts';

/** Entries that are read at once, so that a long chain never stands in memory whole. */
const batch = 500;
/** How often new entries are looked for: a person watches. */
const watchIntervalMs = 250;

export function auditCalls(deps: AdminDeps): Pick<AdminCalls, 'WatchEvents' | 'ExportAudit' | 'VerifyAudit'> {
  return {
    async *WatchEvents({ afterVersion }, _by, signal) {
      for (let after = afterVersion; !signal.aborted;) {
        const entries = await deps.store.readAudit(after, batch);
        for (const entry of entries) yield entryRow(entry);
        after = entries.at(-1)?.version ?? after;
        if (entries.length < batch)
          await sleep(watchIntervalMs, undefined, { signal }).catch(() => undefined);
      }
    },

    async *ExportAudit({ afterVersion, untilVersion }, _by, signal) {
      const latest = (await deps.store.latest()).version;
      if (untilVersion !== undefined && (untilVersion > latest || untilVersion <= afterVersion))
        throw new Refused(
          'invalid',
          `until_version: is ${untilVersion}; want ${afterVersion + 1} to ${latest}, the latest`,
        );
      const until = untilVersion ?? latest;
      for (let after = afterVersion; after < until && !signal.aborted;) {
        const entries = await deps.store.readAudit(after, Math.min(batch, until - after));
        for (const entry of entries) yield entryRow(entry);
        const last = entries.at(-1);
        if (last === undefined) throw new Error(`the audit chain ends at ${after}, before ${until}`);
        after = last.version;
      }
    },

    async VerifyAudit() {
      const { entries, firstBroken } = await deps.store.verifyAudit();
      const hash = await deps.store.hashAt(entries);
      return { entries, firstBroken, hash: hash ?? emptyChain.hash };
    },
  };
}

function entryRow({ version, wallMs, by, event, reason, about, previous, hash }: AuditEntry): EntryRow {
  return { version, wallMs, by, event, reason, aboutJson: canonicalJson(about), previous, hash };
}
