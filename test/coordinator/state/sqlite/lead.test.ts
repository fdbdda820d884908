import t from 'tap';
import { join } from 'node:path';
import { isId, parseId } from '@servo-auditor/proto/ids.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { aDesk, aPlan, later, start, trackOf } from '../../../support/store.ts';

t.test(
  'the first leader makes the installation, every next one raises the epoch and finds what was waited',
  async (t) => {
    const { store, file, fence } = await aDesk(t, 'observe');
    const first = await store.readAudit(0, 10);
    t.match(first, [{ version: 1, event: 'leader.took', by: 'coordinator:k1' }]);
    await store.openPlan(fence(later(5000)), aPlan([], { tracks: [trackOf()] }));
    await store.close();

    const again = openSqliteStore({ file, exclusive: true, demo: false });
    t.teardown(async () => await again.close());
    const lead = await again.lead(parseId('coordinator', 'k2'), start.wallMs);
    t.equal(lead.epoch, 2);
    t.equal(lead.waitedMs, later(5000).waitMs);
    t.ok(isId('installation', lead.installation));
    t.match(first[0]?.about, { installation: lead.installation });
    const [entry] = await again.readAudit(lead.decision.version - 1, 1);
    t.match(entry, { by: 'coordinator:k2', hash: lead.decision.hash });
    t.strictSame(entry?.about, {
      installation: lead.installation,
      before: { epoch: 1, leader: 'k1' },
      after: { epoch: 2, leader: 'k2' },
    });
  },
);

t.test('two installations are two', async (t) => {
  const dir = t.testdir();
  const [one, two] = await Promise.all(
    ['one.db', 'two.db'].map(async (name) => {
      const store = openSqliteStore({ file: join(dir, name), exclusive: true, demo: false });
      const { installation } = await store.lead(parseId('coordinator', 'k1'), 0);
      await store.close();
      return installation;
    }),
  );
  t.not(one, two);
});
