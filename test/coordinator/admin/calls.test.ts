// Every call over a real server: what it answers, whom it refuses, and that what it does is durable and audited.
import { makeGenericClientConstructor } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { adminClient, adminMethods, CallFailed } from '@servo-auditor/proto/admin.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { adminService } from '@servo-auditor/proto/load.ts';
import { roles } from '@servo-auditor/proto/peer.ts';
import { adminChannelOptions, clientCredentials, readTls } from '@servo-auditor/proto/tls.ts';
import { join } from 'node:path';
import { aCase, aWorld, quarantine, smallWorld, type World } from '../../support/admin.ts';
import {
  anInventory,
  aView,
  cell,
  digest,
  generation,
  h1,
  h2,
  hour,
  incarnation,
  now,
  registry,
  router,
} from '../../support/build.ts';

const uid = (name: string) => parseId('servo uid', name);
const reason = 'ticket 4711';

/** The status and the message that a call ends with. */
async function refused(t: Test, call: Promise<unknown>, status: string, message: RegExp): Promise<void> {
  const error = await call.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof CallFailed)) return void t.fail(`not refused: ${String(error)}`);
  t.equal(error.status, status, error.message);
  t.match(error.message, message);
}

async function lastEvent({ store, deps }: World) {
  const { version } = deps.decision();
  const [entry] = await store.readAudit(version - 1, 1);
  return entry;
}

t.test('who may call what: every call, every role below its own', async (t) => {
  const world = await aWorld(t);
  // As much of a request as its encoding needs: it is refused before anybody reads it.
  const texts = { path: '/x', cohort: 'x', hash: 'x', id: 'x' };
  const whole: object = { reason, scope: { kind: 'cell', value: cell }, mode: 'observe', ...texts };
  for (const [name, { role, stream }] of Object.entries(adminMethods)) {
    if (stream) continue;
    const method = name as 'Status';
    for (const lesser of roles.slice(0, roles.indexOf(role))) {
      const call = world.client(lesser).call(method, whole);
      await refused(t, call, 'PERMISSION_DENIED', new RegExp(`needs the role ${role}`));
    }
  }
});

t.test('a host is no operator, and raising a mode is more than lowering it', async (t) => {
  const world = await aWorld(t);
  const of = (file: string) => join(world.pki, 'hosts', 'h1', `${file}.pem`);
  const files = readTls({ ca: of('ca'), cert: of('cert'), key: of('key') });
  const host = adminClient(world.address, clientCredentials(files), adminChannelOptions());
  t.teardown(() => host.close());
  await refused(t, host.call('Status', {}), 'PERMISSION_DENIED', /a host may not call Status/);
  const operator = world.client('operator');
  const to = (mode: 'enforce' | 'observe') => operator.call('SetMode', { cell, generation, mode, reason });
  await refused(t, to('enforce'), 'PERMISSION_DENIED', /raising a mode needs the role approver/);
  t.match(await to('observe'), { message: /is in mode observe \(before: propose\)/ });
});

t.test('what a request lacks is named, and nothing selects everything by being absent', async (t) => {
  const admin = (await aWorld(t)).client('admin');
  const page = { pageSize: 10 };
  await refused(
    t,
    admin.call('ListServos', page),
    'INVALID_ARGUMENT',
    /selects nothing.*at least one of host/,
  );
  await refused(t, admin.call('ListHosts', page), 'INVALID_ARGUMENT', /exactly one of host, cell, all/);
  await refused(t, admin.call('Freeze', {} as never), 'INVALID_ARGUMENT', /reason: is missing/);
  await refused(t, admin.call('Freeze', { reason: '  ' }), 'INVALID_ARGUMENT', /reason: is blank/);
  await refused(t, admin.call('Freeze', { reason: '...' }), 'INVALID_ARGUMENT', /want why/);
  await refused(t, admin.call('ReleaseHold', { id: 0, reason }), 'INVALID_ARGUMENT', /id: .*from 1/);
  await refused(t, admin.call('ListServos', { all: true, pageSize: 0 }), 'INVALID_ARGUMENT', /page_size/);
  await refused(
    t,
    admin.call('ListServos', { all: true, ...page, pageToken: 'x' }),
    'INVALID_ARGUMENT',
    /page_token/,
  );
});

t.test('unknown ids are errors, each with where to look', async (t) => {
  const admin = (await aWorld(t)).client('admin');
  const nobody = parseId('host', 'h99');
  const nowhere = parseId('cell', 'c99');
  const page = { pageSize: 10 };
  const calls = [
    [admin.call('ListHosts', { host: nobody, ...page }), /there is no host h99/],
    [admin.call('ListHosts', { cell: nowhere, ...page }), /there is no cell c99; this coordinator leads c1/],
    [admin.call('ListServos', { host: nobody, ...page }), /no host h99/],
    [admin.call('RetireHost', { host: nobody, reason }), /no host h99/],
    [admin.call('EnrolHost', { host: nobody, cell: nowhere, reason }), /no cell c99/],
    [
      admin.call('Explain', { uid: uid('nobody-knows') }),
      /no host reports it, no witness claims it, and no case/,
    ],
    [admin.call('ShowCase', { uid: uid('nobody-knows') }), /no case of nobody-knows/],
    [admin.call('ListPlans', { cell: nowhere }), /no cell c99/],
    [admin.call('SetHold', { scope: { kind: 'host', value: nobody }, reason }), /no host h99/],
    [
      admin.call('SetHold', { scope: { kind: 'uid', value: uid('slip') }, reason }),
      /nothing would be protected/,
    ],
    [
      admin.call('SetHold', { scope: { kind: 'project', value: parseId('project', 'slip') }, reason }),
      /nothing would be protected/,
    ],
    [
      admin.call('SetHold', {
        scope: { kind: 'generation', value: { cell, generation: parseId('generation', 'a/b') } },
        reason,
      }),
      /cell c1 has no generation a\/b/,
    ],
    [admin.call('ReleaseHold', { id: 99, reason }), /no hold 99/],
    [
      admin.call('SetMode', { cell, generation: parseId('generation', 'a/b'), mode: 'propose', reason }),
      /no generation a\/b/,
    ],
    [admin.call('CloseBreaker', { cohort: 'cell:c1', hash: digest, reason }), /no breaker cell:c1 is open/],
    [
      admin.call('AcceptWitness', { witness: parseId('witness', 'oracle'), hash: 'x', reason }),
      /there are registry, router/,
    ],
    [admin.call('RestoreServo', { uid: uid('live-1'), reason }), /live-1 is not in quarantine/],
    [admin.call('RestorePlan', { decisionVersion: 1, reason }), /decision 1 has nothing in quarantine/],
    [admin.call('ListOrders', { id: parseId('order', 'o-99') }), /no order o-99/],
    [
      admin.call('ConfirmOrphan', { uid: uid('live-9'), incarnation, host: h1, reason }),
      /does not report live-9/,
    ],
  ] as const;
  for (const [call, message] of calls) await refused(t, call, 'NOT_FOUND', message);
});

t.test('status: verdicts, which gate blocks how many, what waits for a person', async (t) => {
  const world = await aWorld(t);
  const status = await world.client('viewer').call('Status', {});
  t.match(status, { installation: world.deps.installation, demo: false, epoch: 3, freeze: undefined });
  const [inCell] = status.cells;
  t.match(inCell, { cell, enrolled: 2, fresh: 2, connected: 1, proposals: 1, openOrders: 0, quarantined: 0 });
  t.strictSame(inCell?.verdicts, { live: 1, stray: 1, suspect: 1, orphan: 1, undecided: 1 });
  t.strictSame(
    inCell?.blocked.find((b) => b.gate === 'mode'),
    { gate: 'mode', kind: 'action', servos: 1 },
  );
  t.strictSame(
    status.attention.map((a) => a.code),
    ['host-misread', 'plan-waits'],
  );

  await world.client('operator').call('Freeze', { reason: 'incident 7' });
  world.said.witnesses = [
    { ...registry, failure: 'locked' },
    { ...router, waiting: { why: 'shrink', message: 'lost 40', hash: 'w1' } },
  ];
  world.said.demo = 30_000;
  const then = await world.client('viewer').call('Status', {});
  t.match(then, { demo: true, factor: 30_000, freeze: { by: 'ada-operator', reason: 'incident 7' } });
  t.strictSame(
    then.attention.map((a) => a.code),
    ['host-misread', 'frozen', 'witness-failed', 'witness-waiting', 'plan-waits'],
  );
});

t.test('servos come page by page, all of them once, and by verdict', async (t) => {
  const viewer = (await aWorld(t)).client('viewer');
  const seen: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await viewer.call('ListServos', { all: true, pageSize: 2, pageToken });
    t.ok(page.servos.length <= 2);
    seen.push(...page.servos.map((s) => `${s.host} ${s.uid} ${s.verdict}`));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  t.strictSame(seen, [
    'h1 live-1 live',
    'h1 orphan-1 orphan',
    'h1 suspect-1 suspect',
    'h1 undecided-1 undecided',
    'h2 SVC_live-2 stray',
  ]);
  const strays = await viewer.call('ListServos', { verdict: 'stray', pageSize: 10 });
  t.strictSame(
    strays.servos.map((s) => s.uid),
    ['SVC_live-2'],
  );
  const orphans = await viewer.call('ListServos', { verdict: 'orphan', pageSize: 10 });
  t.strictSame(orphans.servos[0]?.refusedBy, ['mode']);
});

t.test('a plan is approved by the hash of what was seen', async (t) => {
  const world = await aWorld(t);
  const approver = world.client('approver');
  const [plan] = (await approver.call('ListPlans', { cell })).plans;
  t.strictSame(
    plan?.proposals.map((p) => p.uid),
    ['orphan-1'],
  );
  await refused(
    t,
    approver.call('ApprovePlan', { cell, hash: digest, reason }),
    'FAILED_PRECONDITION',
    /has changed since it was seen/,
  );
  const hash = plan?.hash ?? digest;
  await approver.call('ApprovePlan', { cell, hash, reason });
  const state = await world.store.readOperatorState(world.deps.fence());
  t.match(state.approvals, [{ uid: 'orphan-1', by: 'ada-approver', reason }]);
  t.match(await lastEvent(world), { event: 'plan.approved', by: 'ada-approver', reason });
  t.ok(world.told.includes('soon'), 'a round is asked for');
  const report = await world.pass();
  t.equal(report.cells[0]?.plan.entries.length, 1, 'the real decision acts on it');
  await refused(
    t,
    approver.call('ApprovePlan', { cell, hash, reason }),
    'FAILED_PRECONDITION',
    /nothing in c1 waits/,
  );
});

t.test('a rejected plan is held, servo by servo', async (t) => {
  const world = await aWorld(t);
  const operator = world.client('operator');
  const hash = (await operator.call('ListPlans', { all: true })).plans[0]?.hash ?? digest;
  await operator.call('RejectPlan', { cell, hash, reason, holdMs: hour });
  const { holds } = await operator.call('ListHolds', {});
  t.match(holds, [{ scope: { kind: 'uid', value: 'orphan-1' }, by: 'ada-operator', remainingMs: hour }]);
  const report = await world.pass();
  t.strictSame(report.cells[0]?.plan.blocked[0]?.by, ['mode', 'hold']);
});

t.test('holds: set, in force at once, listed, released by number', async (t) => {
  const world = await aWorld(t);
  const operator = world.client('operator');
  await operator.call('SetHold', {
    scope: { kind: 'generation', value: { cell, generation } },
    lastsMs: hour,
    reason,
  });
  await operator.call('SetHold', { scope: { kind: 'uid', value: uid('orphan-1') }, reason });
  const copy = (await operator.call('Explain', { uid: uid('orphan-1') })).copies[0];
  t.equal(copy?.holds.length, 2);
  t.match(copy?.summary, 'also held back by hold');
  t.match(copy?.gates.find((g) => g.name === 'hold')?.says, 'hold 1 on its generation by ada-operator');
  await world.client('approver').call('ReleaseHold', { id: 1, reason });
  t.strictSame(
    (await operator.call('ListHolds', {})).holds.map((h) => h.id),
    [2],
  );
  t.match(await lastEvent(world), { event: 'hold.released', about: { before: { id: 1 } } });
});

t.test('freeze and unfreeze, once each', async (t) => {
  const world = await aWorld(t);
  const approver = world.client('approver');
  await refused(t, approver.call('Unfreeze', { reason }), 'FAILED_PRECONDITION', /nothing is frozen/);
  await approver.call('Freeze', { reason: 'incident 7' });
  await refused(
    t,
    approver.call('Freeze', { reason }),
    'FAILED_PRECONDITION',
    /frozen already, by ada-approver: incident 7/,
  );
  t.match(
    (await approver.call('Explain', { uid: uid('orphan-1') })).copies[0]?.summary,
    'also held back by freeze',
  );
  await approver.call('Unfreeze', { reason });
  t.equal((await approver.call('ListHolds', {})).freeze, undefined);
});

t.test('modes and certification', async (t) => {
  const world = await aWorld(t);
  const approver = world.client('approver');
  const manifests = parseId('generation', 'manifest-directory/process');
  const { modes } = await approver.call('ListModes', {});
  t.match(modes, [
    { generation: manifests, mode: 'observe', certified: 'observe' },
    { generation, mode: 'propose', certified: 'enforce' },
  ]);
  await refused(
    t,
    approver.call('SetMode', { cell, generation: manifests, mode: 'propose', reason }),
    'FAILED_PRECONDITION',
    /certified for observe only/,
  );
  await approver.call('SetMode', { cell, generation, mode: 'enforce', reason });
  await refused(
    t,
    approver.call('SetMode', { cell, generation, mode: 'enforce', reason }),
    'FAILED_PRECONDITION',
    /already/,
  );
  t.match((await approver.call('ListCertifications', {})).certifications, [
    { certified: 'enforce', hosts: 1 },
  ]);
  await aCase(world, 'orphan-1', 'orphan');
  await approver.call('ConfirmOrphan', { uid: uid('orphan-1'), incarnation, host: h1, reason });
  t.match(await lastEvent(world), { event: 'orphan.confirmed' });
  const suspect = approver.call('ConfirmOrphan', { uid: uid('suspect-1'), incarnation, host: h1, reason });
  await refused(t, suspect, 'FAILED_PRECONDITION', /suspect-1 on h1 is suspect, not orphan/);
});

t.test('hosts: enrol, accept, acknowledge, retire', async (t) => {
  const problem = { path: '/srv/a.json', code: 'not-json', message: 'is not JSON', contentSha256: digest };
  const broken = aView({
    id: h1,
    contested: 'two sessions',
    inventory: anInventory([{ uid: 'orphan-1' }], { problems: [problem] }),
  });
  const world = await aWorld(t, { views: [broken], evidences: smallWorld().evidences.slice(1, 2) });
  const admin = world.client('admin');
  const h3 = parseId('host', 'h3');
  await admin.call('EnrolHost', { host: h3, cell, reason });
  await refused(
    t,
    admin.call('EnrolHost', { host: h3, cell, reason }),
    'FAILED_PRECONDITION',
    /h3 is a member of c1 already/,
  );
  await refused(
    t,
    admin.call('AcceptHost', { host: h3, reason }),
    'FAILED_PRECONDITION',
    /nothing is wrong with h3/,
  );
  await admin.call('AcceptHost', { host: h1, reason });
  const item = { host: h1, path: problem.path, contentSha256: digest, reason };
  await refused(
    t,
    admin.call('AcknowledgeItem', { ...item, path: '/etc/passwd' }),
    'FAILED_PRECONDITION',
    /no such broken item/,
  );
  await admin.call('AcknowledgeItem', item);
  await refused(
    t,
    admin.call('AcknowledgeMissing', { host: h1, uid: uid('orphan-1'), reason }),
    'FAILED_PRECONDITION',
    /is not missing/,
  );
  await refused(
    t,
    admin.call('AcknowledgeMissing', { host: h3, uid: uid('gone'), reason }),
    'FAILED_PRECONDITION',
    /no inventory/,
  );
  await admin.call('AcknowledgeMissing', { host: h1, uid: uid('gone'), reason });
  await admin.call('RetireHost', { host: h1, reason });
  await refused(t, admin.call('RetireHost', { host: h1, reason }), 'FAILED_PRECONDITION', /retired already/);
  const told = world.told.filter((line) => line !== 'soon');
  t.strictSame(told, ['changed h3', 'accepted h1', 'acknowledged h1 /srv/a.json', 'retired h1']);
  const { hosts } = await admin.call('ListHosts', { all: true, pageSize: 1 });
  t.match(hosts, [{ id: 'h1', retired: true, acknowledgedMissing: ['gone'], contested: 'two sessions' }]);
});

t.test('a breaker is closed for the list that was seen', async (t) => {
  const world = await aWorld(t);
  const members = [{ uid: uid('orphan-1'), incarnation, host: h1 }];
  const opened = { cohort: 'host:h1', message: '4 of 10', members };
  await world.store.openPlan(world.deps.fence(), {
    cell,
    orders: [],
    cases: [],
    breakers: [opened],
    tracks: [],
    paused: [],
  });
  const approver = world.client('approver');
  const [breaker] = (await approver.call('ListBreakers', {})).breakers;
  t.match(breaker, { cohort: 'host:h1', message: '4 of 10', members });
  await refused(
    t,
    approver.call('CloseBreaker', { cohort: 'host:h1', hash: digest, reason }),
    'FAILED_PRECONDITION',
    /has changed/,
  );
  await approver.call('CloseBreaker', { cohort: 'host:h1', hash: breaker?.hash ?? digest, reason });
  t.strictSame((await approver.call('ListBreakers', {})).breakers, []);
});

t.test('a witness is accepted by what was seen, and the running reader is told', async (t) => {
  const world = await aWorld(t);
  const approver = world.client('approver');
  await refused(
    t,
    approver.call('AcceptWitness', { witness: registry.id, hash: 'w1', reason }),
    'FAILED_PRECONDITION',
    /no snapshot of registry waits/,
  );
  world.said.witnesses = [
    { ...registry, waiting: { why: 'shrink', message: 'lost 40', hash: 'w1' } },
    router,
  ];
  await refused(
    t,
    approver.call('AcceptWitness', { witness: registry.id, hash: 'w2', reason }),
    'FAILED_PRECONDITION',
    /another snapshot/,
  );
  const [waiting] = (await approver.call('ListWitnesses', {})).witnesses;
  t.match(waiting, {
    fresh: true,
    waiting: { hash: 'w1', next: { command: /witnesses accept registry --hash w1/ } },
  });
  await approver.call('AcceptWitness', { witness: registry.id, hash: 'w1', reason });
  t.ok(world.told.includes('witness registry w1'));
});

t.test('restore: one servo, then nothing twice; a whole decision; a host that never spoke', async (t) => {
  const world = await aWorld(t);
  const operator = world.client('operator');
  await quarantine(world, 'orphan-1');
  const kept = (await operator.call('ListQuarantine', { all: true, limit: 10 })).servos;
  t.match(kept, [
    {
      case: { uid: 'orphan-1', state: 'quarantined' },
      restore: { command: /restore servo orphan-1 --host h1/ },
    },
  ]);
  const reply = await operator.call('RestoreServo', { uid: uid('orphan-1'), reason });
  t.match(reply.orders, [{ action: 'start', uid: 'orphan-1', host: 'h1', state: 'open' }]);
  t.ok(world.told.includes('sent start orphan-1'));
  await refused(
    t,
    operator.call('RestoreServo', { uid: uid('orphan-1'), reason }),
    'FAILED_PRECONDITION',
    /to start it is not closed yet/,
  );
  t.match((await operator.call('ListOrders', { all: true })).orders, [{ action: 'start' }]);

  await quarantine(world, 'suspect-1');
  const decisionVersion = (await operator.call('ListQuarantine', { host: h1, limit: 10 })).servos.find(
    (s) => s.case.uid === 'suspect-1',
  )?.decisionVersion;
  const plan = await operator.call('RestorePlan', { decisionVersion: decisionVersion ?? 0, reason });
  t.strictSame(
    plan.orders.map((o) => o.uid),
    ['suspect-1'],
  );
});

t.test('a quarantined servo on a host that has not spoken is restored on the host', async (t) => {
  const world = await aWorld(t);
  await quarantine(world, 'orphan-1');
  (world.deps.views as Map<unknown, unknown>).delete(h1);
  const call = world.client('operator').call('RestoreServo', { uid: uid('orphan-1'), reason });
  await refused(t, call, 'FAILED_PRECONDITION', /servo-agent restore orphan-1/);
});

t.test('cases: found, shown with their steps', async (t) => {
  const world = await aWorld(t);
  const viewer = world.client('viewer');
  await quarantine(world, 'orphan-1');
  t.equal(
    (await viewer.call('ListCases', { states: ['quarantined'], limit: 1000 })).more,
    false,
    'the largest page',
  );
  const { cases, more } = await viewer.call('ListCases', { states: ['quarantined'], limit: 1 });
  t.match(cases, [{ uid: 'orphan-1', orderId: 'o-orphan-1', decidedAtVersion: 500 }]);
  t.equal(more, false);
  const shown = await viewer.call('ShowCase', { uid: uid('orphan-1') });
  t.strictSame(
    shown.steps.map((s) => s.state),
    ['ordered', 'quarantined'],
  );
});

t.test('explain: what no host reports is explained by what is known all the same', async (t) => {
  const world = await aWorld(t);
  const claims = [{ uid: uid('live-2'), host: h2 }];
  world.said.lookedUp = [
    { witness: registry, answer: claims },
    { witness: router, answer: { failure: '502' } },
  ];
  const reply = await world.client('viewer').call('Explain', { uid: uid('live-2') });
  t.match(reply.notReported, 'no host reports it; registry claim(s) it on h2');
  t.match(reply.voices, [
    { witness: 'registry', says: 'claims' },
    { witness: 'router', failure: '502' },
  ]);
});

t.test('events come as they happen, the chain is exported and verified', async (t) => {
  const world = await aWorld(t);
  const viewer = world.client('viewer');
  const before = world.deps.decision().version;
  const stop = new AbortController();
  const watched = (async () => {
    for await (const entry of viewer.stream('WatchEvents', { afterVersion: before }, stop.signal))
      return entry;
    return undefined;
  })();
  await world.client('operator').call('Freeze', { reason: 'incident 7' });
  t.match(await watched, {
    version: before + 1,
    event: 'freeze.set',
    by: 'ada-operator',
    reason: 'incident 7',
  });
  stop.abort();
  const exported: number[] = [];
  for await (const entry of viewer.stream('ExportAudit', { afterVersion: 0 })) exported.push(entry.version);
  t.strictSame(
    exported,
    Array.from({ length: before + 1 }, (_, i) => i + 1),
  );
  const verified = await viewer.call('VerifyAudit', {});
  t.match(verified, { entries: before + 1, firstBroken: undefined, hash: world.deps.decision().hash });
  const beyond = (async () => {
    for await (const _ of viewer.stream('ExportAudit', { afterVersion: 0, untilVersion: 999 }));
  })();
  await refused(t, beyond, 'INVALID_ARGUMENT', /until_version: is 999/);
});

t.test('before the first round nothing is decided, and everything says so', async (t) => {
  const world = await aWorld(t);
  Object.assign(world.deps, { report: () => undefined });
  world.said.witnesses = [{ ...registry, accepted: undefined }, router];
  const admin = world.client('admin');
  t.match((await admin.call('Status', {})).cells[0]?.notDeciding, /no snapshot of registry/);
  await refused(
    t,
    admin.call('ApprovePlan', { cell, hash: digest, reason }),
    'UNAVAILABLE',
    /no round is finished yet/,
  );
  const copy = (await admin.call('Explain', { uid: uid('orphan-1') })).copies[0];
  t.equal(copy?.verdict, undefined);
  t.equal(copy?.gates.length, 12, 'no action gate is asked');
});

t.test('a coordinator that no longer leads says so', async (t) => {
  const world = await aWorld(t);
  await world.store.lead(parseId('coordinator', 'other'), now.wallMs);
  await refused(t, world.client('viewer').call('Status', {}), 'UNAVAILABLE', /no longer leads/);
});

t.test('requests refuse what they do not know', async (t) => {
  const world = await aWorld(t);
  const of = (file: string) => join(world.pki, 'operators', 'ada-admin', `${file}.pem`);
  const files = readTls({ ca: of('ca'), cert: of('cert'), key: of('key') });
  const Stub = makeGenericClientConstructor(adminService, 'AdminService');
  const stub = new Stub(world.address, clientCredentials(files), adminChannelOptions());
  t.teardown(() => stub.close());
  // Field 15 is in no request.
  const unknown = Buffer.from([15 * 8, 1]);
  const error = await new Promise<{ details?: string } | null>((resolve) =>
    stub.makeUnaryRequest('/servo.v1.AdminService/Status', () => unknown, String, {}, resolve),
  );
  t.match(error?.details, /unknown field 15/);
});
