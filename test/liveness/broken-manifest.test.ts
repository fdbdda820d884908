// One manifest that is broken for good.
import t from 'tap';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { aCell, day, hour } from '../support/cell/cell.ts';
import { allStopped } from './support.ts';

const path = '/store/broken.json';

t.test('its host waits; the others do not; acknowledged, it counts as read', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const host = cell.host('h1');
  host.broken.set(path, '{"uid": ');
  cell.delete('h1-p1');
  cell.delete('h2-p1');
  await allStopped(t, cell, ['h2-s1'], day);
  await cell.spend(day, hour);
  t.same(
    cell.explain('h1-s1').refuse.filter((gate) => gate !== 'rounds'),
    ['inventory-complete'],
  );
  t.match(
    cell.explain('h1-s1').lifts['inventory-complete'],
    new RegExp(`servoctl hosts acknowledge h1 --path ${path} --sha256 ${sha256Hex('{"uid": ')}`),
  );
  const acknowledge = async (content: string) =>
    await cell.admin.AcknowledgeItem(
      { host: host.id, path, contentSha256: sha256Hex(content), reason: 'left by a crash, harmless' },
      cell.operator,
    );
  await acknowledge('{"uid": ');

  // Its bytes change before anything happened: nobody has looked at these.
  host.broken.set(path, '{"uid": "h1-s2"');
  await cell.spend(6 * hour, hour);
  t.ok(cell.explain('h1-s1').refuse.includes('inventory-complete'));
  await acknowledge('{"uid": "h1-s2"');
  await allStopped(t, cell, ['h1-s1'], day);
});

t.test('broken before anything is certified: trust waits for it, and no longer', async (t) => {
  const cell = await aCell(t);
  const host = cell.host('h1');
  host.broken.set(path, 'x');
  await cell.spend(hour);
  cell.delete('h2-p1');
  await cell.spend(9 * day);
  await cell.confirmOrphan('h2-s1');
  await cell.rounds(1);
  await t.rejects(cell.promote('propose'), /certified for observe only/);
  await cell.admin.AcknowledgeItem(
    { host: host.id, path, contentSha256: sha256Hex('x'), reason: 'left by a crash, harmless' },
    cell.operator,
  );
  await cell.spend(8 * day);
  await cell.promote('enforce');
  await allStopped(t, cell, ['h2-s1'], day);
});
