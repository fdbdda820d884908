// Certificates are what TLS and peer.ts want to see, keys are nobody else's, and nothing is overwritten.
import { Server, makeGenericClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { peerOf, type Caller, type Peer } from '@servo-auditor/proto/peer.ts';
import { orderSigner, orderVerifier } from '@servo-auditor/proto/sign.ts';
import { clientCredentials, readTls, serverCredentials, type TlsFiles } from '@servo-auditor/proto/tls.ts';
import {
  PkiRefused,
  createCa,
  createOrderKey,
  issueCoordinator,
  issueHost,
  issueOperator,
} from '../../coordinator/src/pki.ts';

const host = parseId('host', 'h1');
const cell = parseId('cell', 'c1');
const coordinator = parseId('coordinator', 'main');
const alice = parseId('operator', 'alice');

t.test('every identity is understood by its peer, over real TLS', async (t) => {
  const dir = t.testdir();
  await createCa(dir, 'example.test');
  const server = await issueCoordinator(dir, coordinator, ['localhost', '127.0.0.1']);
  const asHost = await issueHost(dir, host, cell);
  const asOperator = await issueOperator(dir, alice, 'approver');
  const callers = await whoCalls(t, server, [asHost, asOperator]);
  t.strictSame(callers, [
    { kind: 'host', id: 'h1', cell: 'c1' },
    { kind: 'operator', name: 'alice', role: 'approver' },
  ]);
});

t.test('a certificate of another authority does not get in', async (t) => {
  const dir = t.testdir({ ours: {}, theirs: {} });
  for (const which of ['ours', 'theirs']) await createCa(join(dir, which), 'example.test');
  const server = await issueCoordinator(join(dir, 'ours'), coordinator, ['127.0.0.1']);
  const stranger = await issueHost(join(dir, 'theirs'), host, cell);
  await t.rejects(whoCalls(t, server, [{ ...stranger, ca: server.ca }]));
});

t.test('names, addresses and roles stand where they belong', async (t) => {
  const dir = t.testdir();
  await createCa(dir, 'example.test');
  const { cert } = await issueCoordinator(dir, coordinator, ['coordinator.example.test', '10.0.0.7']);
  const certificate = new X509Certificate(readFileSync(cert));
  t.match(certificate.subjectAltName, 'URI:spiffe://example.test/coordinator/main');
  t.match(certificate.subjectAltName, 'DNS:coordinator.example.test');
  t.match(certificate.subjectAltName, 'IP Address:10.0.0.7');
  t.ok(certificate.verify(new X509Certificate(readFileSync(join(dir, 'ca.pem'))).publicKey));
  t.equal(certificate.ca, false);
});

t.test('keys are readable by nobody else', async (t) => {
  const dir = t.testdir();
  const ca = await createCa(dir, 'example.test');
  const files = await issueHost(dir, host, cell);
  const order = await createOrderKey(dir);
  for (const key of [ca.key, files.key, order.privateKey]) t.equal(statSync(key).mode & 0o777, 0o600, key);
  t.doesNotThrow(() => readTls(files));
});

t.test('the order key signs what its public half verifies', async (t) => {
  const { privateKey, publicKey } = await createOrderKey(t.testdir());
  const bytes = new TextEncoder().encode('stop');
  const signature = orderSigner(readFileSync(privateKey, 'utf8'))(bytes);
  const verifies = orderVerifier([readFileSync(publicKey, 'utf8')]);
  t.equal(verifies(bytes, signature), true);
  t.equal(verifies(new TextEncoder().encode('start'), signature), false);
});

t.test('nothing is overwritten, and a refusal leaves nothing behind', async (t) => {
  const dir = t.testdir();
  await t.rejects(issueHost(dir, host, cell), PkiRefused, 'no authority yet');
  t.strictSame(readdirSync(dir), []);
  await createCa(dir, 'example.test');
  await issueHost(dir, host, cell);
  const before = readFileSync(join(dir, 'hosts', 'h1', 'key.pem'));
  await t.rejects(issueHost(dir, host, cell), PkiRefused);
  await t.rejects(createCa(dir, 'example.test'), PkiRefused);
  await t.rejects(issueCoordinator(dir, coordinator, []), PkiRefused, 'no name');
  await t.rejects(issueCoordinator(dir, coordinator, ['bad name']), PkiRefused);
  t.strictSame(readFileSync(join(dir, 'hosts', 'h1', 'key.pem')), before);
  t.strictSame(readdirSync(join(dir, 'hosts')), ['h1']);
  await t.rejects(createCa(join(dir, 'other'), 'Not A Domain'));
});

/** Asks a real server, with each of these certificates, who it thinks is calling. */
async function whoCalls(t: Test, own: TlsFiles, clients: readonly TlsFiles[]): Promise<readonly Peer[]> {
  const server = new Server();
  const echo = {
    path: '/test/Who',
    requestStream: false,
    responseStream: false,
    requestSerialize: (text: string) => Buffer.from(text),
    requestDeserialize: String,
    responseSerialize: (value: unknown) => Buffer.from(JSON.stringify(value)),
    responseDeserialize: (bytes: Buffer) => JSON.parse(bytes.toString()) as Peer,
  };
  const service = { who: echo } as unknown as ServiceDefinition;
  server.addService(service, {
    who: (call: Caller, callback: (error: null, peer: Peer) => void) =>
      callback(null, peerOf(call, 'example.test')),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', serverCredentials(readTls(own)), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
  t.teardown(() => server.forceShutdown());
  const Client = makeGenericClientConstructor(service, 'Test');
  return await Promise.all(
    clients.map(async (files) => {
      const client = new Client(`127.0.0.1:${port}`, clientCredentials(readTls(files)));
      t.teardown(() => client.close());
      return await new Promise<Peer>((resolve, reject) => {
        const who = client['who'] as unknown as Who;
        who.call(client, 'x', { deadline: Date.now() + 5000 }, (error, peer) =>
          error === null ? resolve(peer) : reject(error),
        );
      });
    }),
  );
}
type Who = (
  this: unknown,
  request: string,
  options: object,
  callback: (error: Error | null, peer: Peer) => void,
) => void;
