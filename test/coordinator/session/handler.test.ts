// One session over real mutual TLS, with an agent that says what no agent should: the session ends with a reason, it is
// logged, and what was believed of the host before is believed still.
import { status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { maxMessageBytes, maxServosPerHost } from '@servo-auditor/proto/limits.ts';
import type { AgentMessage, Servo } from '@servo-auditor/proto/wire.ts';
import { until } from '../../agent/scan/support.ts';
import { digest, h1 } from '../../support/build.ts';
import { aServedLead, type Lead, type Served } from '../../support/lead.ts';
import { aNonce, aRawAgent, mark, servosOf, type RawAgent } from '../../support/raw-agent.ts';

/** An agent whose two servos are known; it has answered question 0, and question 1 waits. */
async function aSession(t: Test, setting: Parameters<typeof aServedLead>[1] = {}) {
  const served = await aServedLead(t, setting);
  const agent = await aRawAgent(t, served);
  await agent.report(['s1', 's2']);
  return { served, lead: served.lead, agent };
}

interface Bad {
  readonly name: string;
  readonly send: (agent: RawAgent) => void | Promise<void>;
  readonly says: RegExp;
}

const big = Array.from({ length: 3 }, (_, i) => `s${i}`);

/** After a session in which all was well. */
const outOfPlace: readonly Bad[] = [
  { name: 'hello twice', send: (a) => a.hello(), says: /hello twice/ },
  {
    name: 'a chunk without a begin',
    send: (a) => a.send(chunk(['s1'])),
    says: /chunk without snapshot_begin/,
  },
  {
    name: 'an end without a begin',
    send: (a) => a.send({ kind: 'snapshotEnd' }),
    says: /end without snapshot_begin/,
  },
  {
    name: 'a begin within a snapshot',
    send: async (a) => {
      const { nonce } = await a.ask(1);
      a.begin(nonce, big);
      a.begin(nonce, big);
    },
    says: /snapshot_begin within a snapshot/,
  },
  {
    name: 'a heartbeat within a snapshot',
    send: async (a) => {
      const { nonce } = await a.ask(1);
      a.begin(nonce, big);
      a.heartbeat(nonce, ['s1', 's2']);
    },
    says: /heartbeat within a snapshot/,
  },
  {
    name: 'more servos than announced',
    send: async (a) => {
      a.begin((await a.ask(1)).nonce, ['s1']);
      a.send(chunk(big));
    },
    says: /more servos than snapshot_begin\.count \(1\)/,
  },
  {
    name: 'fewer servos than announced',
    send: async (a) => {
      a.begin((await a.ask(1)).nonce, big);
      a.send(chunk(['s1']));
      a.send({ kind: 'snapshotEnd' });
    },
    says: /ended with 1 servos, snapshot_begin\.count was 3/,
  },
  {
    name: 'a count above the limit',
    send: async (a) => a.begin((await a.ask(1)).nonce, [], { count: maxServosPerHost + 1 }),
    says: /count.*20001.*20000/,
  },
  {
    name: 'a nonce that was never asked, in a heartbeat',
    send: (a) => a.heartbeat(aNonce(), ['s1', 's2']),
    says: /echo_nonce was never asked in this session/,
  },
  {
    name: 'a nonce that was never asked, in a snapshot',
    send: (a) => a.snapshot(aNonce(), ['s1']),
    says: /echo_nonce was never asked in this session/,
  },
  {
    name: 'bytes that are no message',
    send: (a) => a.sendBytes(Buffer.from([0xff, 0xff, 0xff])),
    says: /agent_message: ends in the middle of a number/,
  },
  { name: 'an empty message', send: (a) => a.sendBytes(Buffer.alloc(0)), says: /^agent_message/ },
];

t.test('what is out of place ends the session', async (t) => {
  for (const { name, send, says } of outOfPlace)
    await t.test(name, async (t) => {
      const { lead, agent } = await aSession(t);
      const before = lead.view('h1');
      await send(agent);
      const goodbye = await agent.goodbye();
      t.equal(goodbye.code, 'malformed');
      t.match(goodbye.message, says);
      t.equal((await agent.over()).code, status.OK);
      t.match(lead.events('session.malformed'), [{ level: 'warn', host: 'h1', problem: says }]);
      isAsBefore(t, lead, before);
      t.equal(lead.coordinator.sessions.line(h1), undefined, 'the operator sees it disconnected');
      t.equal((await lead.shown('h1')).connected, false);
    });
});

t.test('before hello nothing is heard', async (t) => {
  const messages: readonly (readonly [string, AgentMessage])[] = [
    ['snapshotEnd', { kind: 'snapshotEnd' }],
    ['snapshotChunk', chunk(['s1'])],
    [
      'heartbeat',
      {
        kind: 'heartbeat',
        heartbeat: {
          echoNonce: aNonce(),
          digest,
          count: 0,
          changes: [],
          agentNonce: aNonce(),
          journal: mark(1),
        },
      },
    ],
  ];
  for (const [kind, message] of messages)
    await t.test(kind, async (t) => {
      const served = await aServedLead(t);
      const agent = await aRawAgent(t, served);
      agent.send(message);
      t.match(await agent.goodbye(), { code: 'malformed', message: `${kind} before hello` });
      t.equal(served.lead.view('h1'), undefined);
      t.equal(served.lead.coordinator.hosts.get(h1), undefined, 'it did not become a member');
    });
});

t.test('an older echo than the last one proves nothing', async (t) => {
  const { lead, agent } = await aSession(t);
  const first = await agent.ask(0);
  const second = await agent.ask(1);
  agent.heartbeat(second.nonce, ['s1', 's2']);
  await agent.ask(2);
  const before = lead.view('h1');
  agent.heartbeat(first.nonce, ['s1', 's2']);
  t.match((await agent.goodbye()).message, /is older than the last one/);
  isAsBefore(t, lead, before);
});

t.test('a heartbeat is as old as its question', async (t) => {
  const { lead, agent } = await aSession(t);
  const asked = lead.coordinator.clock.now().monoMs;
  lead.machine.move(7_000);
  agent.heartbeat((await agent.ask(1)).nonce, ['s1', 's2']);
  const next = await agent.ask(2);
  t.match(lead.view('h1')?.heartbeat, { askedAt: { monoMs: asked }, receivedAt: { monoMs: asked + 7_000 } });
  t.equal(next.full, false);
});

t.test('a heartbeat that does not vouch for what is held', async (t) => {
  const { lead, agent } = await aSession(t);
  agent.heartbeat((await agent.ask(1)).nonce, ['s1', 's3']);
  t.equal((await agent.ask(2)).full, true, 'everything is asked for');
  t.equal(lead.view('h1')?.digestMatches, false);
  t.strictSame(lead.view('h1')?.inventory?.uid, ['s1', 's2'], 'what was believed stands, unvouched');
  agent.snapshot((await agent.ask(2)).nonce, ['s1', 's3']);
  await agent.ask(3);
  t.match(lead.view('h1'), { digestMatches: true, inventory: { uid: ['s1', 's3'] } });
});

t.test(
  'an inventory whose digest does not match is asked for again, and the third ends the session',
  async (t) => {
    const { lead, agent } = await aSession(t);
    const before = lead.view('h1');
    for (const n of [1, 2]) {
      agent.snapshot((await agent.ask(n)).nonce, big, { digest });
      t.equal((await agent.ask(n + 1)).full, true, `refused ${n} times: asked again`);
    }
    agent.snapshot((await agent.ask(3)).nonce, big, { digest });
    const goodbye = await agent.goodbye();
    t.equal(goodbye.code, 'inventory');
    t.match(goodbye.message, /inventory of h1: its digest is [0-9a-f]{64}, dddd/);
    t.equal(lead.events('inventory.refused').length, 3);
    t.match(lead.events('inventory.refused')[0], { level: 'warn', host: 'h1', message: /its digest is/ });
    isAsBefore(t, lead, before);
  },
);

t.test('a good inventory between bad ones starts the count again', async (t) => {
  const { lead, agent } = await aSession(t);
  const bad = async (n: number): Promise<void> => agent.snapshot((await agent.ask(n)).nonce, big, { digest });
  await bad(1);
  await bad(2);
  agent.snapshot((await agent.ask(3)).nonce, big);
  await bad(4);
  await bad(5);
  await agent.ask(6);
  t.equal(agent.ended.all.length, 0);
  t.equal(lead.view('h1')?.inventory?.count, 3);
});

t.test('rows that are not in canonical order are refused like a wrong digest', async (t) => {
  const { lead, agent } = await aSession(t);
  const before = lead.view('h1');
  const { nonce } = await agent.ask(1);
  agent.begin(nonce, big);
  agent.send({ kind: 'snapshotChunk', servos: servosOf(big).toReversed() });
  agent.send({ kind: 'snapshotEnd' });
  t.equal((await agent.ask(2)).full, true);
  t.equal(lead.events('inventory.refused').length, 1);
  isAsBefore(t, lead, before);
});

t.test('a frame above the limit ends the call, and is in the log', async (t) => {
  const { lead, agent } = await aSession(t);
  const before = lead.view('h1');
  agent.sendBytes(Buffer.alloc(maxMessageBytes + 1));
  t.equal((await agent.over()).code, status.RESOURCE_EXHAUSTED);
  const event = await lead.log.until('an event', (e) => /^session\.(broken|malformed)$/.test(e.event));
  t.match(event, { host: 'h1' });
  isAsBefore(t, lead, before);
  t.equal((await lead.shown('h1')).connected, false);
});

t.test('a problem of an inventory is logged, shown, and makes it incomplete', async (t) => {
  const { lead, agent } = await aSession(t);
  const problem = { path: '/srv/a.json', code: 'not-json', message: 'is no JSON', contentSha256: digest };
  agent.snapshot((await agent.ask(1)).nonce, ['s1'], { problems: [problem] });
  await agent.ask(2);
  t.match(lead.events('inventory.problem'), [
    { level: 'warn', host: 'h1', path: '/srv/a.json', code: 'not-json' },
  ]);
  t.match((await lead.shown('h1')).inventory?.problems, [{ path: '/srv/a.json', acknowledged: false }]);
});

t.test('a journal that goes back within a session bars the host', async (t) => {
  const { lead, agent } = await aSession(t);
  agent.heartbeat((await agent.ask(1)).nonce, ['s1', 's2'], { journal: mark(7) });
  agent.heartbeat((await agent.ask(2)).nonce, ['s1', 's2'], { journal: mark(6) });
  await agent.ask(3);
  t.match(lead.view('h1')?.contested, /went back from entry 7 to 6/);
  t.match((await lead.shown('h1')).contested, /went back/);
  t.equal(lead.events('host.contested').length, 1);
  agent.heartbeat((await agent.ask(3)).nonce, ['s1', 's2'], { journal: mark(8) });
  await agent.ask(4);
  t.match(lead.view('h1')?.contested, /went back/, 'going on does not lift it');
  t.equal(lead.events('host.contested').length, 1, 'one event once');
});

t.test('that a host is barred is durable before any round', async (t) => {
  const { lead, agent } = await aSession(t);
  agent.heartbeat((await agent.ask(1)).nonce, ['s1', 's2'], { journal: mark(7) });
  agent.heartbeat((await agent.ask(2)).nonce, ['s1', 's2'], { journal: mark(6) });
  await agent.ask(3);
  await until('it is written', async () => {
    const { hosts } = await lead.coordinator.store.readMemory();
    return hosts.some(({ host, contested }) => host === 'h1' && /went back/.test(contested ?? ''))
      ? true
      : undefined;
  });
});

const admin = { name: parseId('operator', 'ada'), role: 'admin' } as const;

t.test('two agents with one host id', async (t) => {
  await t.test('a half-dead old session contests nothing', async (t) => {
    const { served, lead, agent: old } = await aSession(t);
    lead.machine.move(1_000);
    const young = await aRawAgent(t, served);
    await young.report(['s1', 's2']);
    t.equal(lead.view('h1')?.contested, undefined, 'it was asked, and is silent');
    const before = await old.ask(1);
    // What was under way when the connection was given up on: the answer to a question of before.
    old.heartbeat(before.nonce, ['s1', 's2']);
    await old.ask(3);
    t.equal(lead.view('h1')?.contested, undefined, 'an answer to an older question proves nothing');
  });

  await t.test(
    'what an old session still says does not take the place of what the young one said',
    async (t) => {
      const { served, lead, agent: old } = await aSession(t);
      lead.machine.move(1_000);
      const young = await aRawAgent(t, served);
      await young.report(['s1', 's2', 's3']);
      const said = lead.view('h1');
      const { nonce } = await old.ask(1);
      old.heartbeat(nonce, ['s1', 's2'], { changes: [{ index: 0, state: 'stopped', activity: 'unknown' }] });
      await old.ask(3);
      old.snapshot(nonce, ['s1']);
      await old.ask(4);
      t.strictSame(lead.view('h1'), said);
      t.equal(lead.events('report.overtaken').length, 2);
    },
  );

  await t.test('an old session that answers a newer question does', async (t) => {
    const { served, lead, agent: old } = await aSession(t);
    lead.machine.move(1_000);
    const young = await aRawAgent(t, served);
    await young.report(['s1', 's2']);
    const newer = await old.ask(2);
    old.heartbeat(newer.nonce, ['s1', 's2']);
    t.match(await old.goodbye(), { code: 'two-agents', retryAfterMs: 10_000 }, 'and is ended');
    const says = /two agents with this host id are connected/;
    t.match(lead.view('h1')?.contested, says);
    t.match(lead.events('host.contested'), [{ level: 'error', host: 'h1', problem: says }]);
    t.match((await lead.shown('h1')).contested, says);
  });

  await t.test('once accepted, the one that calls again counts', async (t) => {
    const { served, lead, agent: old } = await aSession(t);
    lead.machine.move(1_000);
    const young = await aRawAgent(t, served);
    await young.report(['s1', 's2']);
    old.heartbeat((await old.ask(2)).nonce, ['s1', 's2']);
    await old.goodbye();
    young.hangUp();
    const again = await aRawAgent(t, served);
    await again.report(['s1', 's2']);
    await lead.admin.AcceptHost({ host: h1, reason: 'the clone was shut down' }, admin);
    again.heartbeat((await again.ask(2)).nonce, ['s1', 's2']);
    await again.ask(3);
    t.equal(lead.view('h1')?.contested, undefined);
  });

  await t.test('an old session that hangs up leaves the young one in place', async (t) => {
    const { served, lead, agent: old } = await aSession(t);
    const young = await aRawAgent(t, served);
    await young.report(['s1', 's2']);
    const line = lead.coordinator.sessions.line(h1);
    old.hangUp();
    await lead.log.until('the old one is gone', (e) => e.event === 'session.ended');
    t.equal(lead.coordinator.sessions.line(h1), line);
    t.equal(lead.view('h1')?.contested, undefined);
  });
});

t.test('limited admission', async (t) => {
  const served = await aServedLead(t, { policy: { maxSnapshotsAtOnce: 1 } });
  const { lead } = served;
  const [first, second, third] = await Promise.all(['h1', 'h2', 'h3'].map((h) => aRawAgent(t, served, h)));
  if (first === undefined || second === undefined || third === undefined) throw new Error('three');
  first.hello();
  const { ask } = await first.welcome();
  second.hello();
  await waits(lead, 'h2');
  await t.test('whoever waits is told nothing but a welcome', async (t) => {
    t.strictSame(second.heard.all, []);
    lead.coordinator.sessions.line('h2' as typeof h1)?.ask(true);
    lead.coordinator.sessions.line('h2' as typeof h1)?.send({ kind: 'receiptAck', orderId: 'o-1' as never });
  });
  await t.test('the first inventory makes room', async (t) => {
    first.snapshot(ask.nonce, ['s1']);
    const welcome = await second.welcome();
    t.equal(second.heard.all[0]?.kind, 'welcome', 'nothing came before it');
    t.equal(welcome.ask.full, true);
  });
  await t.test('so does one who hangs up before sending any', async (t) => {
    third.hello();
    await waits(lead, 'h3');
    t.strictSame(third.heard.all, []);
    second.hangUp();
    t.equal((await third.welcome()).ask.full, true);
  });
});

/** The host has said hello, and a place for it is not free. */
async function waits(lead: Lead, host: string): Promise<void> {
  while (lead.coordinator.sessions.line(host as typeof h1) === undefined) await new Promise(setImmediate);
}

function isAsBefore(t: Test, lead: Served['lead'], before: ReturnType<Lead['view']>): void {
  t.equal(lead.view('h1'), before, 'nothing of it was believed: the very same view');
}

function chunk(uids: readonly string[]): {
  readonly kind: 'snapshotChunk';
  readonly servos: readonly Servo[];
} {
  return { kind: 'snapshotChunk', servos: servosOf(uids) };
}
