// Readings of witnesses, in a coordinator as it runs: what is whole is accepted, what is strange waits for a person, and what
// fails leaves everything as it was.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { h1 } from '../../support/build.ts';
import { aLead, type Lead } from '../../support/lead.ts';

const registryId = parseId('witness', 'registry');
const claimAll = (lead: Lead, count: number): void => {
  for (let i = 0; i < count; i++) lead.platform.claim(`p${i}`, `s${i}`, h1);
};
const view = (lead: Lead, id: string) => {
  const found = lead.coordinator.desk.views().find((w) => w.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};
const pass = async (lead: Lead) => await lead.composed.loop.pass();
const remembered = async (lead: Lead, id: string) =>
  (await lead.coordinator.store.readMemory()).witnesses.find((w) => w.witness === id);

t.test('a whole reading is accepted, and remembered', async (t) => {
  const lead = await aLead(t);
  claimAll(lead, 30);
  const { failures } = await pass(lead);
  t.strictSame(failures, []);
  t.match(view(lead, 'registry').accepted, { claims: 30, version: 30 });
  t.match(view(lead, 'router').accepted, { claims: 30 }, 'read over two pages');
  const kept = await remembered(lead, 'registry');
  t.equal(kept?.claims.length, 30);
  t.equal(kept?.levels.current['total'], 30);
  const number = view(lead, 'registry').accepted?.number ?? 0;
  await pass(lead);
  t.ok((view(lead, 'registry').accepted?.number ?? 0) > number, 'each reading has a number of its own');
});

t.test('a witness that fails keeps its veto, and its failure is on view', async (t) => {
  const lead = await aLead(t);
  claimAll(lead, 5);
  await pass(lead);
  const before = view(lead, 'router').accepted;
  lead.platform.fault = (_path, response) => (response.writeHead(200).end('<html>busy</html>'), true);
  const { failures } = await pass(lead);
  t.match(failures, [/^router: /]);
  t.match(view(lead, 'router').failure, /router/);
  t.equal(view(lead, 'router').accepted, before, 'the last accepted claims stand');
  t.equal((await remembered(lead, 'router'))?.claims.length, 5);
  t.match(lead.events('witness.failed'), [{ level: 'warn', witness: 'router' }]);
  lead.platform.fault = () => false;
  t.strictSame((await pass(lead)).failures, []);
  t.equal(view(lead, 'router').failure, undefined, 'over');
});

t.test('a shrink waits for a person, for as long as it takes, and is accepted by its hash', async (t) => {
  const lead = await aLead(t);
  claimAll(lead, 60);
  await pass(lead);
  const before = view(lead, 'registry').accepted;
  lead.platform.sql(
    "UPDATE registry SET version = version + 1; DELETE FROM claim WHERE uid NOT IN ('s1', 's2')",
  );
  for (let i = 0; i < 3; i++) await pass(lead);
  const { waiting, accepted } = view(lead, 'registry');
  t.equal(accepted, before, 'nothing of it is believed');
  t.match(waiting, { why: 'shrink' });
  t.equal((await remembered(lead, 'registry'))?.claims.length, 60);
  t.match(lead.events('witness.waiting')[0], { level: 'warn', witness: 'registry', why: 'shrink' });
  t.equal(lead.composed.loop.acceptWaiting(registryId, 'nonsense'), false, 'another hash than what waits');
  t.equal(lead.composed.loop.acceptWaiting(parseId('witness', 'router'), waiting?.hash ?? ''), false);
  t.equal(lead.composed.loop.acceptWaiting(registryId, waiting?.hash ?? ''), true);
  t.equal(view(lead, 'registry').accepted, before, 'the next reading counts, not what was read before');
  await pass(lead);
  t.match(view(lead, 'registry'), { waiting: undefined, accepted: { claims: 2 } });
  t.equal((await remembered(lead, 'registry'))?.claims.length, 2);
});

t.test('another database waits, and so does one that went back', async (t) => {
  for (const [sql, why] of [
    ["UPDATE registry SET lineage = 'another'", 'lineage'],
    ['UPDATE registry SET version = 1', 'version'],
  ] as const)
    await t.test(why, async (t) => {
      const lead = await aLead(t);
      claimAll(lead, 5);
      await pass(lead);
      const before = view(lead, 'registry').accepted;
      lead.platform.sql(sql);
      await pass(lead);
      t.match(view(lead, 'registry'), { waiting: { why: new RegExp(why) } });
      t.equal(view(lead, 'registry').accepted, before);
    });
});

t.test('a reading that is not the whole is none', async (t) => {
  const lead = await aLead(t, {
    queries: { state: 'SELECT lineage, version, 7 AS claims, 0 AS tombstones FROM registry' },
  });
  claimAll(lead, 5);
  t.match((await pass(lead)).failures, [/registry: .*5 rows, the state query says 7: not the whole/]);
  t.equal(view(lead, 'registry').accepted, undefined);
  t.equal((await remembered(lead, 'registry'))?.claims.length ?? 0, 0);
});

t.test('hard state that fails is not the witness’s fault', async (t) => {
  const lead = await aLead(t);
  claimAll(lead, 5);
  await lead.coordinator.store.lead(parseId('coordinator', 'k2'), 0);
  await t.rejects(pass(lead), { name: 'Error' });
  t.equal(view(lead, 'registry').failure, undefined);
});
