// AdminService over real mutual TLS: who may call what, what comes back, and what an operator is told when it does not.
import { Server } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { EventEmitter } from 'node:events';
import t from 'tap';
import {
  adminClient,
  adminImplementation,
  adminMethods,
  Refused,
  type AdminCalls,
  type AdminClient,
  type MethodName,
  type Operator,
  type ReplyOf,
} from '../../proto/src/admin.ts';
import { sha256Hex } from '../../proto/src/canonical.ts';
import type { Codec } from '../../proto/src/field.ts';
import { parseId } from '../../proto/src/ids.ts';
import { adminService, descriptor } from '../../proto/src/load.ts';
import {
  adminChannelOptions,
  clientCredentials,
  readTls,
  roles,
  serverCredentials,
  serverOptions,
} from '../../proto/src/tls.ts';
import { authority } from './support/certificates.ts';
import { rawOf } from './support/samples.ts';

const domain = 'acme.example';
const ca = await authority(t.testdir(), 'ca');
const errors: string[] = [];
let seen: { readonly method: MethodName; readonly request: unknown; readonly by: Operator } | undefined;
const gone = new EventEmitter();
const bothGone = new Promise<void>((resolve) => {
  let count = 0;
  gone.on('gone', () => void (++count === 2 && resolve()));
});

/** Any right answer of a call. */
function sampleReply(name: MethodName): unknown {
  const codec = adminMethods[name].reply as unknown as Codec<never>;
  return codec.decode(rawOf(codec), { parent: undefined, name });
}

const entry = (version: number): ReplyOf<'WatchEvents'> => ({
  ...(sampleReply('WatchEvents') as ReplyOf<'WatchEvents'>),
  version,
});

const names = Object.keys(adminMethods) as MethodName[];
const calls = {
  ...Object.fromEntries(
    names.map((method) => [
      method,
      (request: unknown, by: Operator) => {
        seen = { method, request, by };
        return Promise.resolve(sampleReply(method));
      },
    ]),
  ),
  ReleaseHold: () => Promise.reject(new Refused('not-found', 'there is no hold 7; see servoctl hold list')),
  Freeze: () => Promise.reject(new RangeError('below')),
  Unfreeze: () => Promise.reject(new Error('the disk is full, at /secret/path')),
  async *ExportAudit() {
    for (let version = 1; version <= 2000; version++) yield await Promise.resolve(entry(version));
  },
  async *WatchEvents(_request: unknown, _by: Operator, signal: AbortSignal) {
    yield entry(1);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    gone.emit('gone');
  },
} as unknown as AdminCalls;

const server = new Server(serverOptions());
server.addService(
  adminService,
  adminImplementation(calls, {
    trustDomain: domain,
    refusalOf: (error) =>
      error instanceof RangeError ? new Refused('unfit', `does not fit: ${error.message}`) : undefined,
    onError: (method, error) => void errors.push(`${method}: ${String(error)}`),
  }),
);
const own = await ca.issue('c1', { uris: [`spiffe://${domain}/coordinator/c1`] });
const port = await new Promise<number>((resolve, reject) =>
  server.bindAsync('localhost:0', serverCredentials(readTls(own)), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  ),
);
t.teardown(() => server.forceShutdown());

async function clientOf(kind: string, name: string, unit: string): Promise<AdminClient> {
  const files = await ca.issue(name, { uris: [`spiffe://${domain}/${kind}/${name}`], units: [unit] });
  const client = adminClient(`localhost:${port}`, clientCredentials(readTls(files)), adminChannelOptions());
  t.teardown(() => client.close());
  return client;
}

const clients = new Map<string, AdminClient>();
for (const role of roles) clients.set(role, await clientOf('operator', `ann-${role}`, role));
const as = (role: (typeof roles)[number]): AdminClient => {
  const client = clients.get(role);
  if (client === undefined) throw new Error(role);
  return client;
};

const specification = readFileSync(new URL('../../proto/servo/v1/admin.proto', import.meta.url), 'utf8');
const uid = parseId('servo uid', 'u1');

t.test('a call arrives checked, with who makes it; its answer comes back checked', async (t) => {
  const reply = await as('viewer').call('Explain', { uid });
  t.strictSame(seen, { method: 'Explain', request: { uid }, by: { name: 'ann-viewer', role: 'viewer' } });
  t.strictSame(reply, sampleReply('Explain'));
  t.type(reply.copies[0]?.gates[0]?.numbers, 'object');
});

t.test('every call of admin.proto is there, with the role that its comment names', async (t) => {
  const service = descriptor.lookupService('servo.v1.AdminService');
  t.strictSame(
    service.methodsArray.map((method) => method.name),
    names,
  );
  for (const method of service.methodsArray) {
    const row = adminMethods[method.name as MethodName];
    t.equal(row.stream, method.responseStream ?? false, method.name);
    const comment = new RegExp(`// Role (\\w+)[^/]*?rpc ${method.name}\\(`).exec(specification);
    t.equal(comment?.[1], row.role, `role of ${method.name}`);
  }
});

t.test('a role that does not suffice does nothing', async (t) => {
  const reason = 'because';
  seen = undefined;
  await t.rejects(as('viewer').call('SetHold', { scope: { kind: 'uid', value: uid }, reason }), {
    name: 'CallFailed',
    status: 'PERMISSION_DENIED',
    message: 'SetHold needs the role operator; ann-viewer has viewer',
  });
  await t.rejects(as('operator').call('CloseBreaker', { cohort: 'fleet', hash: sha256Hex(''), reason }), {
    name: 'CallFailed',
    status: 'PERMISSION_DENIED',
  });
  await t.rejects(
    as('approver').call('EnrolHost', { host: parseId('host', 'h1'), cell: parseId('cell', 'c1'), reason }),
    { name: 'CallFailed', status: 'PERMISSION_DENIED' },
  );
  t.equal(seen, undefined);
  await as('operator').call('SetHold', { scope: { kind: 'uid', value: uid }, reason });
  t.match(seen, { method: 'SetHold', request: { scope: { kind: 'uid', value: 'u1' }, reason } });
  await as('admin').call('EnrolHost', { host: parseId('host', 'h1'), cell: parseId('cell', 'c1'), reason });
  t.match(seen, { method: 'EnrolHost', by: { role: 'admin' } });
});

t.test('hosts and coordinators are no operators', async (t) => {
  const host = await clientOf('host', 'h1', 'c1');
  await t.rejects(host.call('Status', {}), {
    status: 'PERMISSION_DENIED',
    message: /a host may not call Status/,
  });
  const stranger = await ca.issue('zed', { uris: [`spiffe://${domain}/operator/zed`], units: ['root'] });
  const client = adminClient(
    `localhost:${port}`,
    clientCredentials(readTls(stranger)),
    adminChannelOptions(),
  );
  t.teardown(() => client.close());
  await t.rejects(client.call('Status', {}), { status: 'UNAUTHENTICATED', message: /the role "root"/ });
});

t.test('a malformed request says which field', async (t) => {
  const empty = { pageSize: 10 } as { readonly pageSize: number; readonly all?: true };
  await t.rejects(as('viewer').call('ListServos', empty), {
    status: 'INVALID_ARGUMENT',
    message:
      /request: selects nothing; want at least one of host, project, cell, verdict, uid; or all, alone/,
  });
  await t.rejects(as('operator').call('SetHold', { scope: { kind: 'uid', value: uid }, reason: ' ' }), {
    status: 'INVALID_ARGUMENT',
    message: 'request.reason: is blank; want why, in a few words',
  });
});

t.test('refusals keep their words, surprises do not leave the house', async (t) => {
  await t.rejects(as('approver').call('ReleaseHold', { id: 7, reason: 'x' }), {
    status: 'NOT_FOUND',
    message: 'there is no hold 7; see servoctl hold list',
  });
  await t.rejects(as('operator').call('Freeze', { reason: 'x' }), {
    status: 'FAILED_PRECONDITION',
    message: 'does not fit: below',
  });
  t.strictSame(errors, []);
  await t.rejects(as('approver').call('Unfreeze', { reason: 'x' }), {
    status: 'INTERNAL',
    message: "Unfreeze failed; the coordinator's log says why",
  });
  t.match(errors, [/Unfreeze: Error: the disk is full/]);
});

t.test('a stream comes whole and in order', async (t) => {
  let last = 0;
  for await (const { version } of as('viewer').stream('ExportAudit', { afterVersion: 0 })) {
    if (version !== last + 1) t.fail(`${version} after ${last}`);
    last = version;
  }
  t.equal(last, 2000);
});

t.test('a watcher that goes away is let go', async (t) => {
  for await (const { version } of as('viewer').stream('WatchEvents', { afterVersion: 0 })) {
    t.equal(version, 1);
    break;
  }
  const stop = new AbortController();
  for await (const { version } of as('viewer').stream('WatchEvents', { afterVersion: 0 }, stop.signal)) {
    t.equal(version, 1);
    stop.abort();
  }
  await bothGone;
  t.pass('the server learns of both');
});

t.test('a coordinator that is not there', async (t) => {
  const files = await ca.issue('bob', { uris: [`spiffe://${domain}/operator/bob`], units: ['viewer'] });
  const client = adminClient('localhost:1', clientCredentials(readTls(files)), adminChannelOptions());
  t.teardown(() => client.close());
  await t.rejects(client.call('Status', {}), { name: 'CallFailed', status: 'UNAVAILABLE' });
  await t.rejects(
    async () => {
      for await (const value of client.stream('ExportAudit', { afterVersion: 0 }))
        t.fail(String(value.version));
    },
    { name: 'CallFailed', status: 'UNAVAILABLE' },
  );
});
