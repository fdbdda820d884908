// Xervo, 2015-07-22, "Postmortem - Partial Outage".
//   believed -> true   no project matches, so orphan -> the old generation records its servos differently
//   world              three hosts of the new generation, certified, enforced, clean for more than a week
//   fault              four hosts of the old generation join with 200 live servos, whose manifests spell the uid otherwise
//   outcome            none of the 200 is stopped, ever; a true orphan of the new generation is, in the middle of it; once the
//                      mapping is mended, all 200 are live
//   refuses            known-identity, two-way-match, generation-certified: each of them where the other two would pass
import t from 'tap';
import { aCell, day, hosts, hour, minute } from '../support/cell/cell.ts';
import { onlyTrueOrphans, stillStops } from './support.ts';

const old = 'manifest-directory/process';
const oldHosts = ['old1', 'old2', 'old3', 'old4'];
const perHost = 50;

t.test('200 live servos that are spelled otherwise', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const mended = { uid: 'uid' };
  for (const id of oldHosts) {
    const host = cell.addHost(id, old);
    for (let n = 1; n <= perHost; n++) cell.deploy(id, `${id}-s${n}`, `${id}-p${n}`, `urn:${id}-s${n}`);
    await host.connect(cell.coordinator);
  }
  cell.delete('h1-p2');
  await cell.spend(2 * day, hour);

  const spelled = oldHosts.flatMap((id) => Array.from({ length: perHost }, (_, n) => `urn:${id}-s${n + 1}`));
  t.same(new Set(spelled.map((uid) => cell.explain(uid).verdict)), new Set(['stray']), 'all 200 are strays');
  for (const gate of ['known-identity', 'two-way-match'])
    t.ok(
      spelled.every((uid) => cell.explain(uid).refuse.includes(gate)),
      `${gate} refuses each of them`,
    );
  await t.rejects(cell.promote('propose', old), /certified for observe only/, 'nobody can promote them');
  t.same(cell.stopped().toSorted(), ['calibration-1', 'h1-s2'], 'the true orphan was stopped beside them');

  // The mapping is mended: the same servos, another reader.
  for (const id of oldHosts) {
    const before = cell.host(id);
    before.close();
    const host = cell.addHost(id, old, mended);
    for (const servo of before.servos.values()) host.start(servo.uid, servo.project);
    await host.connect(cell.coordinator);
  }
  await cell.rounds(2);
  t.ok(
    oldHosts.every((id) => cell.explain(`${id}-s1`).verdict === 'live'),
    'what was a stray is live',
  );
  await stillStops(t, cell, 'h2-p3', 'h2-s3');
});

t.test('known-identity: one manifest of a certified host is spelled otherwise', async (t) => {
  const cell = await aCell(t, { servos: 20 });
  await cell.certify();
  cell.deploy('h2', 'h2-odd', 'h2-odd-p', 'urn:h2-odd');
  await cell.spend(day, hour);
  const odd = cell.explain('urn:h2-odd');
  t.equal(odd.verdict, 'stray');
  t.ok(odd.refuse.includes('known-identity'));
  t.notOk(odd.refuse.includes('two-way-match'), 'two-way-match passes: 20 of 21 were found');
  t.match(odd.lifts['known-identity'], /nothing lifts this automatically/);
  // What is missing beside it looks like a renamed one; a true orphan with a tombstone of its own is none.
  await stillStops(t, cell, 'h2-p3', 'h2-s3');
});

t.test(
  'two-way-match: manifests name what stood in the slot before, which the registry has released',
  async (t) => {
    const cell = await aCell(t);
    await cell.certify();
    const host = cell.addHost('h4');
    for (let n = 1; n <= 6; n++) {
      cell.platform.claim(`gone-p${n}`, `gone-s${n}`, 'h4');
      cell.delete(`gone-p${n}`);
      cell.deploy('h4', `h4-s${n}`, `h4-p${n}`, `gone-s${n}`);
    }
    await host.connect(cell.coordinator);
    await cell.spend(6 * hour, 10 * minute);
    const found = cell.explain('gone-s1');
    t.same(found.refuse, ['two-way-match'], 'it alone refuses');
    t.match(found.says['two-way-match'], /of 6 servos expected on h4, only 0 were found/);
    t.same(cell.wronglyStopped(), []);
    await stillStops(t, cell, 'h2-p3', 'h2-s3');
  },
);

t.test(
  'generation-certified: a reader that has proved nothing, in a generation that is enforced',
  async (t) => {
    const cell = await aCell(t);
    await cell.certify();
    const host = cell.addHost('h4', undefined, { uid: 'another field' });
    for (let n = 1; n <= 6; n++) cell.deploy('h4', `h4-s${n}`, `h4-p${n}`);
    await host.connect(cell.coordinator);
    await cell.spend(hour);
    cell.delete('h4-p1');
    await cell.spend(4 * hour, 10 * minute);
    const released = cell.explain('h4-s1');
    t.equal(released.verdict, 'orphan');
    t.same(released.blocked, ['generation-certified'], 'it alone blocks');
    t.match(released.lifts['generation-certified'], /earns trust by itself/);
    t.notOk(cell.stopped().includes('h4-s1'));

    // The new reader earns its trust, and then the very same orphan is stopped.
    await cell.spend(8 * day);
    await cell.confirmOrphan('h4-s1');
    await onlyTrueOrphans(t, cell, ['h4-s1'], day);
  },
);

t.test('a small cell that knows only the new generation says nothing about the old one', async (t) => {
  const cell = await aCell(t, { hosts: { ...hosts(['h1', 'h2']), ...hosts(['old1'], old) } });
  await cell.certify('enforce', new Set(['sqlite/process']));
  cell.delete('old1-p1');
  await cell.spend(6 * hour, 10 * minute);
  t.same(cell.explain('old1-s1').blocked, ['generation-certified', 'mode']);
  await t.rejects(cell.promote('enforce', old), /certified for observe only/);
  await stillStops(t, cell, 'h2-p3', 'h2-s3');
});
