// Makes one transaction after the other, and says on standard output what was acknowledged, line by line, until it is killed.
import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { cell, generation, minute } from '../../../support/build.ts';
import {
  aPlan,
  aReceipt,
  later,
  lead,
  limits,
  order,
  orderId,
  refusedAgainMs,
  start,
  trackOf,
} from '../../../support/store.ts';

const file = process.argv[2];
if (file === undefined) throw new Error('which state file?');
const say = (what: object): void => {
  writeSync(1, `${JSON.stringify(what)}\n`);
};

const store = openSqliteStore({ file, exclusive: true, demo: false });
const desk = await lead(store, file);
await desk.plan([], start, { tracks: [trackOf()] });
await desk.act({ kind: 'mode.set', cell, generation, mode: 'enforce' });
for (let n = 0; ; n++) {
  const fence = desk.fence(later(n * minute));
  const made = order(desk, n, {
    id: orderId(`${desk.epoch}-${n}`),
    uid: `servo-${desk.epoch}-${n}` as never,
  });
  say({ mark: await store.openPlan(fence, aPlan([made])), order: made.id, state: 'open' });
  const answer = await store.giveYes(fence, made.id, limits(made, 1e9));
  if (answer.given) say({ order: made.id, state: 'possible', charged: true });
  if (randomInt(2) === 0) continue;
  await store.recordReceipt(fence, aReceipt(made, 'executed'), refusedAgainMs);
  say({ order: made.id, state: 'closed', charged: true });
}
