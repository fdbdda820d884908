// Killed at any point: what was acknowledged is there, what was not is there whole or not at all, and the chain verifies.
import t from 'tap';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DecisionMark } from '../../../../coordinator/src/state/port.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import type { OpenOrder } from '../../../../coordinator/src/domain/order.ts';
import { lead } from '../../../support/store.ts';

interface Said {
  readonly mark?: DecisionMark;
  readonly order: OpenOrder['id'];
  readonly state: OpenOrder['state'];
  readonly charged?: boolean;
}

const kills = 8;

t.test(`kill -9 at ${kills} random points`, async (t) => {
  const file = join(t.testdir(), 'state.db');
  const said: Said[] = [];
  for (let round = 1; round <= kills; round++) {
    const now = await writeAndKill(file, randomInt(1, 60));
    t.ok(now.length > 0, `${now.length} transactions were acknowledged`);
    said.push(...now);
    await check(t, file, said);
  }
});

/** Everything that was acknowledged until the writer, killed after `lines` lines, was gone. */
async function writeAndKill(file: string, lines: number): Promise<readonly Said[]> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Said[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    said.push(JSON.parse(line) as Said);
    if (said.length === lines) writer.kill('SIGKILL');
  }
  return said;
}

async function check(t: Check, file: string, said: readonly Said[]): Promise<void> {
  const store = openSqliteStore({ file, exclusive: true, demo: false });
  try {
    t.equal((await store.verifyAudit()).firstBroken, undefined, 'the chain verifies');
    const marks = said.flatMap((s) => s.mark ?? []);
    for (const { version, hash } of marks)
      if ((await store.hashAt(version)) !== hash) t.fail(`decision ${version} is another`);
    const desk = await lead(store, file);
    const state = await store.readOperatorState(desk.fence());
    const charged = new Set(state.charges.map((c) => c.order));
    const order = { open: 0, possible: 1, closing: 2, closed: 3 };
    for (const { order: id, state: at, charged: isCharged } of said) {
      const kept = await store.findOrder(id);
      if (kept === undefined || order[kept.state] < order[at]) t.fail(`${id} was ${at}, is ${kept?.state}`);
      if (isCharged && !charged.has(id)) t.fail(`${id} was charged`);
    }
    for (const { id, state: at } of state.openOrders)
      if ((at === 'possible') !== charged.has(id)) t.fail(`${id} is ${at} by half`);
  } finally {
    await store.close();
  }
}

interface Check {
  equal(found: unknown, wanted: unknown, message: string): unknown;
  fail(message: string): unknown;
}
