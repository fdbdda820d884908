// What every drill asserts at its end: nothing passes by doing nothing.
import type { Cell } from '../support/cell/cell.ts';
import { hour, minute } from '../support/cell/cell.ts';

interface Checks {
  same(found: unknown, wanted: unknown, message: string): unknown;
  ok(value: unknown, message: string): unknown;
}

/** A project is deleted now, and its servo is stopped within the design's own waits: grace, rounds, budget, the agent's limit. */
export async function stillStops(t: Checks, cell: Cell, project: string, uid: string): Promise<void> {
  cell.delete(project);
  await onlyTrueOrphans(t, cell, [uid], 27 * hour);
}

/** These are stopped within this time, and nothing that anybody uses ever was. */
export async function onlyTrueOrphans(
  t: Checks,
  cell: Cell,
  uids: readonly string[],
  withinMs: number,
): Promise<void> {
  await cell.until(
    `${uids.join(', ')} stopped`,
    () => uids.every((uid) => cell.stopped().includes(uid)),
    withinMs,
    Math.max(5 * minute, withinMs / 300),
  );
  t.same(cell.wronglyStopped(), [], 'nothing that anybody uses was ever stopped');
  const { firstBroken } = await cell.coordinator.store.verifyAudit();
  t.ok(firstBroken === undefined, 'the audit chain holds');
}
