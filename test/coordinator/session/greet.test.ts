// Who gets a session, and whose past does not fit: over real mutual TLS. For each refusal: what the agent is told, what is
// logged, and that nothing about the host is believed or remembered.
import t, { type Test } from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import type { Hello } from '@servo-auditor/proto/wire.ts';
import { generation, h1, operator, otherReader } from '../../support/build.ts';
import { aServedLead, type LeadSetting, type Served } from '../../support/lead.ts';
import { aRawAgent, bootId, mark, type RawAgent } from '../../support/raw-agent.ts';

interface Refused {
  readonly hello?: Partial<Hello>;
  readonly cell?: string;
  readonly setting?: Partial<LeadSetting>;
  readonly code: string;
  readonly says: RegExp;
}

async function isRefused(t: Test, { hello, cell, setting, code, says }: Refused): Promise<void> {
  const served = await aServedLead(t, setting);
  const agent = await aRawAgent(t, served, 'h1', served.host('h1', cell));
  agent.hello(hello);
  const goodbye = await agent.goodbye();
  t.equal(goodbye.code, code);
  t.match(goodbye.message, says);
  t.equal(goodbye.retryAfterMs, 10_000);
  t.equal((await agent.over()).code, 0, 'a goodbye, and the end of the stream');
  t.match(served.lead.events('session.refused'), [{ level: 'warn', host: 'h1', code, message: says }]);
  t.equal(served.lead.view('h1'), undefined, 'no view');
  t.equal(served.lead.coordinator.hosts.get(h1), undefined, 'no member of a cell');
  t.equal(served.lead.coordinator.sessions.count, 0);
}

t.test('another protocol version', async (t) => {
  await t.test('newer', (t) =>
    isRefused(t, {
      hello: { protocolMin: 2, protocolMax: 3 },
      code: 'protocol-version',
      says: /speaks protocol 2 to 3, this coordinator 1 to 1: upgrade the older one/,
    }),
  );
});

t.test('demo and real do not meet', async (t) => {
  await t.test('a demo agent at a real coordinator', (t) =>
    isRefused(t, { hello: { demo: true }, code: 'demo', says: /the agent is of a demo installation/ }),
  );
  await t.test('a real agent at a demo coordinator', (t) =>
    isRefused(t, { setting: { demo: 1000 }, code: 'demo', says: /coordinator is of a demo installation/ }),
  );
});

t.test('a cell that this coordinator does not lead', (t) =>
  isRefused(t, { cell: 'c9', code: 'wrong-cell', says: /leads c1, not c9/ }),
);

t.test('a host that was retired', async (t) => {
  const { lead, served } = await met(t, []);
  await lead.admin.RetireHost({ host: h1, reason: 'it burned down' }, { name: operator, role: 'approver' });
  const again = await aRawAgent(t, served);
  again.hello();
  const goodbye = await again.goodbye();
  t.equal(goodbye.code, 'retired');
  t.match(goodbye.message, /servoctl hosts enrol h1 --cell c1/, 'says who lifts it');
  t.equal(lead.view('h1'), undefined);
  t.equal((await lead.shown('h1')).retired, true);
});

t.test('the first contact makes a member, once, and it is audited', async (t) => {
  const { lead, agent } = await met(t, ['s1']);
  const welcome = await agent.welcome();
  t.match(welcome, {
    protocol: 1,
    installation: lead.coordinator.installation,
    cell: 'c1',
    epoch: lead.coordinator.epoch,
    heartbeatIntervalMs: 10_000,
    ask: { full: true },
  });
  t.equal(welcome.hashAtYours, undefined, 'there is nothing of ours that it knows');
  t.match(lead.events('session.welcomed'), [{ level: 'info', host: 'h1', generation, agent: '0.1.0' }]);
  t.match(lead.view('h1'), { cell: 'c1', generation, bootId, contested: undefined });
  const audited = await lead.coordinator.store.readAudit(0, 100);
  t.strictSame(
    audited.filter((e) => e.event === 'host.enrolled').map((e) => e.about['host']),
    ['h1'],
  );
});

t.test('another reader is remembered, and what it holds is unknown', async (t) => {
  const { lead, served } = await met(t, ['s1']);
  t.equal(lead.view('h1')?.inventory?.count, 1);
  const again = await aRawAgent(t, served);
  again.hello({ readerVersion: otherReader });
  await again.welcome();
  t.match(lead.view('h1'), { readerVersion: otherReader, inventory: undefined, digestMatches: false });
  t.equal(lead.coordinator.hosts.get(h1)?.readerVersion, otherReader);
});

t.test('a host that has our decision in its memory is told our hash of it', async (t) => {
  const { lead, served } = await met(t, []);
  const decision = await lead.coordinator.store.latest();
  const again = await aRawAgent(t, served);
  again.hello({
    installation: lead.coordinator.installation,
    highestEpoch: lead.coordinator.epoch,
    highestDecision: decision,
  });
  const welcome = await again.welcome();
  t.equal(welcome.hashAtYours, decision.hash);
  t.equal(lead.view('h1')?.contested, undefined);
});

t.test('pasts that do not fit: let in, seen, and barred from orders', async (t) => {
  const other = parseId('digest', 'f'.repeat(64));
  const pasts: readonly [string, (lead: Served['lead']) => Partial<Hello>, RegExp][] = [
    [
      'another installation',
      () => ({
        installation: parseId('installation', 'elsewhere'),
        highestEpoch: 1,
        highestDecision: { version: 1, hash: other },
      }),
      /belongs to installation elsewhere/,
    ],
    [
      'a decision that our chain does not reach',
      (lead) => ({
        installation: lead.coordinator.installation,
        highestEpoch: 1,
        highestDecision: { version: 999, hash: other },
      }),
      /knows decision 999, which is not in this coordinator's chain/,
    ],
    [
      'another decision of the same number',
      (lead) => ({
        installation: lead.coordinator.installation,
        highestEpoch: 1,
        highestDecision: { version: 1, hash: other },
      }),
      /knows decision 1, which is not in this coordinator's chain/,
    ],
    [
      'an epoch above ours',
      (lead) => ({
        installation: lead.coordinator.installation,
        highestEpoch: parseEpoch(lead.coordinator.epoch + 1),
        highestDecision: { version: 0, hash: parseId('digest', '0'.repeat(64)) },
      }),
      /has seen epoch 2, this coordinator leads under 1/,
    ],
    ['a journal that went back', () => ({ journal: mark(0) }), /journal went back from entry 1 to 0/],
    ['a journal with another past', () => ({ journal: mark(1, other) }), /another entry 1 than before/],
  ];
  for (const [name, past, says] of pasts)
    await t.test(name, async (t) => {
      const { lead, served } = await met(t, ['s1', 's2']);
      const again = await aRawAgent(t, served);
      const hello = past(lead);
      again.hello(hello);
      const welcome = await again.welcome();
      if (/decision|installation/.test(name))
        t.not(welcome.hashAtYours, other, 'its hash is never confirmed');
      if (/installation|does not reach/.test(name)) t.equal(welcome.hashAtYours, undefined);
      t.match(lead.view('h1')?.contested, says);
      t.match(lead.events('host.contested'), [{ level: 'error', host: 'h1', problem: says }]);
      const shown = await lead.shown('h1');
      t.match(shown.contested, says, 'what operators see');
      t.match(JSON.stringify(shown.next), /hosts accept h1/, 'and who lifts it');
      t.match(lead.coordinator.hosts.get(h1)?.journal, mark(1), 'the journal that was believed stands');
      again.snapshot(welcome.ask.nonce, ['s1'], { journal: hello.journal ?? mark(1) });
      await again.ask(1);
      t.match(lead.view('h1'), { inventory: { count: 1 }, contested: says }, 'it is seen, and stays barred');
      lead.machine.move(1000);
      lead.coordinator.fleet.noteHeartbeats(lead.coordinator.clock.now());
      t.equal(
        lead.coordinator.fleet.book.records.get(h1)?.noted,
        undefined,
        'its heartbeats make no round of evidence',
      );
    });
});

t.test('an operator accepts a contested host, and it counts again', async (t) => {
  const { lead, served } = await met(t, ['s1']);
  const again = await aRawAgent(t, served);
  again.hello({ journal: mark(0) });
  const { ask } = await again.welcome();
  t.type(lead.view('h1')?.contested, 'string');
  await lead.admin.AcceptHost(
    { host: h1, reason: 'its disk was replaced' },
    { name: operator, role: 'approver' },
  );
  t.equal(lead.view('h1')?.contested, undefined);
  t.equal((await again.ask(1)).full, true, 'it is asked for everything anew');
  again.snapshot(ask.nonce, ['s1'], { journal: mark(0) });
  await again.ask(2);
  t.equal(lead.view('h1')?.contested, undefined, 'what it says next is the new beginning');
  t.match(lead.coordinator.hosts.get(h1)?.journal, mark(0));
});

/** A host of this name that has reported these servos, and hung up. */
async function met(
  t: Test,
  uids: readonly string[],
): Promise<{ readonly served: Served; readonly lead: Served['lead']; readonly agent: RawAgent }> {
  const served = await aServedLead(t);
  const agent = await aRawAgent(t, served);
  await agent.report(uids);
  agent.hangUp();
  await agent.over();
  return { served, lead: served.lead, agent };
}
