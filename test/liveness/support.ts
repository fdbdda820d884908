// A reaper that never acts is useless: from every refusal there is a way out, by time alone or by the command that the gate names.
import type { Cell } from '../support/cell/cell.ts';
import { hour } from '../support/cell/cell.ts';

interface Checks {
  same(found: unknown, wanted: unknown, message: string): unknown;
}

/** All of them are really stopped within this time, one by one, and nothing else. */
export async function allStopped(
  t: Checks,
  cell: Cell,
  uids: readonly string[],
  withinMs: number,
): Promise<void> {
  const others = cell.stopped().filter((uid) => !uids.includes(uid));
  await cell.until(
    `${uids.length} orphans stopped`,
    () => uids.every((uid) => cell.stopped().includes(uid)),
    withinMs,
    Math.min(hour, withinMs / 100),
  );
  t.same(
    cell.stopped().toSorted(),
    [...others, ...uids].toSorted(),
    'all orphans are stopped, and nothing else',
  );
  t.same(cell.wronglyStopped(), [], 'and nobody used any of them');
}

/** `servoctl witnesses accept`, for whatever waits. Returns the names. */
export async function acceptWitnesses(cell: Cell): Promise<readonly string[]> {
  const { witnesses } = await cell.admin.ListWitnesses({}, cell.operator);
  const accepted: string[] = [];
  for (const { witness, waiting } of witnesses) {
    if (waiting === undefined) continue;
    const reason = 'the projects are truly gone';
    await cell.admin.AcceptWitness({ witness, hash: waiting.hash, reason }, cell.operator);
    accepted.push(witness);
  }
  return accepted;
}

/** `<host>-s<n>` and the project that it is of. */
export function servosOf(host: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${host}-s${n + 1}`);
}

export function projectOf(uid: string): string {
  return uid.replace('-s', '-p');
}
