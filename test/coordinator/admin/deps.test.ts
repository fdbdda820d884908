// What an operator's act means at once to a coordinator that runs, beside what became durable.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { bootId, cell, digest, generation, h1 } from '../../support/build.ts';
import { aLead } from '../../support/lead.ts';

const by = { name: parseId('operator', 'ada'), role: 'approver' } as const;
const reason = 'test';

t.test(
  'a host that is retired and enrolled again is as contested, and as acknowledged, as it was',
  async (t) => {
    const lead = await aLead(t);
    const { fleet, hosts, epoch, clock } = lead.coordinator;
    const readerVersion = parseId('reader version', 'a'.repeat(64));
    const connect = () =>
      fleet.connect({ host: h1, cell, generation, readerVersion, bootId, epoch }, clock.now());
    await lead.admin.EnrolHost({ host: h1, cell, reason }, by);
    connect();
    const contested = 'two agents speak for it';
    const acknowledged = [{ path: '/srv/a.json', contentSha256: digest }];
    const memory = hosts.get(h1);
    if (memory === undefined) throw new Error('it was enrolled');
    hosts.set({ ...memory, contested, acknowledged });
    fleet.contest(h1, contested);
    fleet.acknowledge(h1, acknowledged);

    await lead.admin.RetireHost({ host: h1, reason }, by);
    t.equal(lead.view(h1), undefined);
    await lead.admin.EnrolHost({ host: h1, cell, reason }, by);
    connect();
    t.match(lead.view(h1), { contested, acknowledged });
    await lead.admin.AcceptHost({ host: h1, reason }, by);
    t.equal(lead.view(h1)?.contested, undefined);
  },
);

t.test('what is found of a host while it is accepted for another reason stands', async (t) => {
  const lead = await aLead(t);
  const { fleet, hosts, epoch, clock, contest, store } = lead.coordinator;
  const readerVersion = parseId('reader version', 'a'.repeat(64));
  await lead.admin.EnrolHost({ host: h1, cell, reason }, by);
  fleet.connect({ host: h1, cell, generation, readerVersion, bootId, epoch }, clock.now());
  contest(h1, 'its journal went back');
  const act = store.act.bind(store);
  const found = 'its journal has another entry';
  store.act = async (...args) => {
    const done = await act(...args);
    contest(h1, found);
    return done;
  };
  await lead.admin.AcceptHost({ host: h1, reason }, by);
  t.equal(lead.view(h1)?.contested, found);
  t.match(
    hosts.takeChanged().find(({ host }) => host === h1),
    { contested: found },
    'and is written',
  );
  store.act = act;
  await lead.admin.AcceptHost({ host: h1, reason }, by);
  t.equal(lead.view(h1)?.contested, undefined);
});
