// One pass, whole: it reports also when nothing happens, and orders leave only after they are durable.
import t from 'tap';
import { createHash } from 'node:crypto';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { verdicts } from '../../../coordinator/src/domain/verdict.ts';
import { proposed } from '../../../coordinator/src/round/run.ts';
import { cell, generation, h1, h2, incarnation, otherUid, project, uid } from '../../support/build.ts';
import { aScene, lives } from '../confirm/scene.ts';
import { aLead } from '../../support/lead.ts';

t.test('the hash of a list is over its lines: another list, order or incarnation has another', async (t) => {
  const a = { uid, incarnation, host: h1, generation, project };
  const b = { ...a, uid: otherUid, host: h2 };
  const { hash, proposals } = proposed(cell, [a, b]);
  const lines = `${uid} ${incarnation} h1\n${otherUid} ${incarnation} h2\n`;
  t.equal(hash, createHash('sha256').update(lines).digest('hex'));
  t.strictSame(proposals, [a, b]);
  const others = [
    [a],
    [],
    [a, { ...b, incarnation: parseId('incarnation', 'inc-2') }],
    [a, { ...b, host: h1 }],
  ].map((list) => proposed(cell, list).hash);
  t.equal(new Set([hash, ...others]).size, 5);
});

t.test('nothing is there: a report all the same', async (t) => {
  const lead = await aLead(t);
  const report = await lead.composed.loop.pass();
  t.match(report, { pass: 1, failures: [], judgements: [], cells: [{ cell, findings: [] }] });
  t.strictSame(
    Object.keys(report.cells[0]?.verdicts ?? {}).toSorted(),
    [...verdicts].toSorted(),
    'every verdict is counted',
  );
  t.equal(lead.coordinator.report(), report);
  t.equal((await lead.composed.loop.pass()).pass, 2);
});

t.test('claimed servos are counted live without being judged one by one', async (t) => {
  const scene = await aScene(t);
  const report = await scene.lead.composed.loop.pass();
  t.equal(report.cells[0]?.verdicts.live, lives.length);
  t.strictSame(
    report.judgements.map((j) => j.evidence.uid),
    ['o1'],
  );
});

t.test('another leader: the pass is refused, and nothing leaves', async (t) => {
  const scene = await aScene(t);
  await scene.coordinator.store.lead(parseId('coordinator', 'k2'), 0);
  const before = await scene.coordinator.store.latest();
  await t.rejects(scene.lead.composed.loop.pass());
  t.strictSame(await scene.coordinator.store.latest(), before);
  t.strictSame(scene.lead.events('order.opened'), []);
});

t.test('agents hear of the latest decision with the next question', async (t) => {
  const scene = await aScene(t);
  await scene.act({ kind: 'freeze.set' });
  t.not(scene.coordinator.decision().version, (await scene.coordinator.store.latest()).version);
  await scene.lead.composed.loop.pass();
  t.strictSame(scene.coordinator.decision(), await scene.coordinator.store.latest());
});
