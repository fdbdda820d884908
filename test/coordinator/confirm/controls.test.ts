// Which servos the look-up is tried on: of that host first, those that changed last first; never the one that is to be stopped.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { pickControls } from '../../../coordinator/src/confirm/controls.ts';
import { bootId, h1, h2 } from '../../support/build.ts';
import { aScene, condemned, lives, type Scene } from './scene.ts';

const picked = (scene: Scene, count: number) =>
  pickControls(scene.order, count, scene.coordinator).map((c) => `${c.uid}@${c.host}`);

t.test('those of the host that changed last', async (t) => {
  const scene = await aScene(t);
  for (const [i, uid] of ['s4', 's5', 's6'].entries()) {
    scene.lead.platform.claim('p', uid, h1);
    await scene.later(1000, { h1: [condemned, ...lives, 's4', 's5', 's6'].slice(0, 5 + i) });
  }
  await scene.lead.composed.loop.pass();
  t.strictSame(picked(scene, 3), ['s6@h1', 's5@h1', 's4@h1']);
  t.strictSame(picked(scene, 1), ['s6@h1']);
  t.strictSame(picked(scene, 20).toSorted(), ['s1@h1', 's2@h1', 's3@h1', 's4@h1', 's5@h1', 's6@h1']);
});

t.test('where the host has too few, its generation in the cell helps out; no other', async (t) => {
  const scene = await aScene(t);
  const h3 = parseId('host', 'h3');
  scene.lead.platform.claim('p', 't1', h2);
  scene.lead.platform.claim('p', 'u1', h3);
  scene.report(h1, [condemned, 's1']);
  scene.report(h2, ['t1']);
  scene.report(h3, ['u1'], bootId, parseId('generation', 'labels/process'));
  await scene.lead.composed.loop.pass();
  t.strictSame(picked(scene, 3), ['s1@h1', 't1@h2']);
});

t.test('a uid that is on several hosts is one control', async (t) => {
  const scene = await aScene(t);
  scene.lead.platform.claim('p', 't1', h2);
  scene.lead.platform.sql(
    "INSERT INTO claim SELECT uid, 'h2', incarnation, project, version FROM claim WHERE uid = 's1'",
  );
  scene.report(h1, [condemned, 's1']);
  scene.report(h2, ['s1', 't1']);
  await scene.lead.composed.loop.pass();
  t.strictSame(picked(scene, 3), ['s1@h1', 't1@h2']);
});

t.test('claimed elsewhere, or by nobody, is not known to be live', async (t) => {
  const scene = await aScene(t);
  scene.report(h1, [condemned, 's1', 's2', 'stray']);
  scene.lead.platform.sql(
    "UPDATE registry SET version = version + 1; UPDATE claim SET host = 'h2' WHERE uid = 's2'",
  );
  await scene.lead.composed.loop.pass();
  t.strictSame(picked(scene, 3), ['s1@h1']);
});
