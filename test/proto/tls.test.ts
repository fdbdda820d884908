// Real handshakes on loopback: who is let in, who is not, and who it is that speaks.
import { Server, status, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import t from 'tap';
import { decodeConfirmReply } from '../../proto/src/decode.ts';
import { encodeConfirmReply, encodeConfirmRequest } from '../../proto/src/encode.ts';
import { parseEpoch, parseId } from '../../proto/src/ids.ts';
import { agentClient, agentService } from '../../proto/src/load.ts';
import {
  channelOptions,
  clientCredentials,
  mayActAs,
  peerOf,
  peerUri,
  readTls,
  serverCredentials,
  serverOptions,
  type TlsFiles,
} from '../../proto/src/tls.ts';
import { authority } from './support/certificates.ts';

const domain = 'acme.example';
const directory = t.testdir();
const ours = await authority(directory, 'ours');
const theirs = await authority(directory, 'theirs');
const coordinator = await ours.issue('c1', { uris: [`spiffe://${domain}/coordinator/c1`] });
const host = await ours.issue('h1', { uris: [`spiffe://${domain}/host/h1`], units: ['cell-a'] });

/** A coordinator that answers every question with who it thinks has asked. */
async function listen(files: TlsFiles): Promise<number> {
  const server = new Server(serverOptions());
  server.addService(agentService, {
    Confirm(call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) {
      let message;
      try {
        message = JSON.stringify([peerUri(call), peerOf(call, domain)]);
      } catch (error) {
        message = String(error);
      }
      reply(null, encodeConfirmReply({ kind: 'no', no: { code: 'hold', message } }));
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('localhost:0', serverCredentials(readTls(files)), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  t.teardown(() => server.forceShutdown());
  return port;
}

interface Told {
  readonly code: status;
  readonly text: string;
}

/** What the server says to who asks with this certificate. */
async function ask(port: number, files: TlsFiles, expectedUri?: string): Promise<Told> {
  const client = agentClient(
    `localhost:${port}`,
    clientCredentials(readTls(files), expectedUri),
    channelOptions(),
  );
  const question = encodeConfirmRequest({
    orderId: parseId('order', 'o1'),
    epoch: parseEpoch(1),
    bootId: parseId('boot', 'b1'),
    nonce: parseId('nonce', 'a'.repeat(32)),
  });
  try {
    return await new Promise<Told>((resolve) =>
      client.confirm(question, { deadline: Date.now() + 20_000 }, (error, raw) => {
        if (error !== null) return resolve({ code: error.code, text: error.details });
        const reply = decodeConfirmReply(raw);
        return resolve({ code: status.OK, text: reply.kind === 'no' ? reply.no.message : 'yes' });
      }),
    );
  } finally {
    client.close();
  }
}

const port = await listen(coordinator);

t.test('a host is who its certificate says', async (t) => {
  const uri = `spiffe://${domain}/host/h1`;
  const told = await ask(port, host);
  t.equal(told.code, status.OK, told.text);
  t.strictSame(JSON.parse(told.text), [uri, { kind: 'host', id: 'h1', cell: 'cell-a' }]);
});

t.test('operators have a role, coordinators need none', async (t) => {
  const operator = await ours.issue('ann', {
    uris: [`spiffe://${domain}/operator/ann`],
    units: ['approver'],
  });
  t.match((await ask(port, operator)).text, /\{"kind":"operator","name":"ann","role":"approver"\}/);
  t.match((await ask(port, coordinator)).text, /\{"kind":"coordinator","id":"c1"\}/);
  t.ok(mayActAs('approver', 'operator'));
  t.ok(mayActAs('approver', 'approver'));
  t.notOk(mayActAs('approver', 'admin'));
  t.notOk(mayActAs('viewer', 'operator'));
});

t.test('a certificate that does not say who speaks speaks for nobody', async (t) => {
  const cases: readonly (readonly [string, readonly string[], readonly string[], RegExp])[] = [
    ['no-uri', [], ['cell-a'], /has 0 URIs among its names .*want exactly one/],
    ['two-uris', [`spiffe://${domain}/host/a`, `spiffe://${domain}/host/b`], ['cell-a'], /has 2 URIs/],
    ['other-domain', ['spiffe://other/host/h1'], ['cell-a'], /of another trust domain; want spiffe:\/\/acme/],
    ['no-kind', [`spiffe://${domain}/h1`], ['cell-a'], /names nobody; want/],
    ['other-kind', [`spiffe://${domain}/witness/h1`], ['cell-a'], /names nobody/],
    ['deep', [`spiffe://${domain}/host/h1/x`], ['cell-a'], /names nobody/],
    ['https', [`https://${domain}/host/h1`], ['cell-a'], /names nobody/],
    ['bad-id', [`spiffe://${domain}/host/-h1`], ['cell-a'], /is no host id; want 1 to 63/],
    ['no-cell', [`spiffe://${domain}/host/h1`], [], /has no OU in its subject/],
    ['two-cells', [`spiffe://${domain}/host/h1`], ['a', 'b'], /has several OU/],
    ['bad-cell', [`spiffe://${domain}/host/h1`], ['a b'], /is no cell id/],
    [
      'bad-role',
      [`spiffe://${domain}/operator/bob`],
      ['root'],
      /has the role "root" as OU; want one of viewer/,
    ],
  ];
  for (const [name, uris, units, message] of cases) {
    const files = await ours.issue(name, { uris, units });
    // Our own programs refuse to start with what names nobody; a hand-made client would not.
    const told = await askByHand(port, files);
    t.match(told.text, message, name);
    t.match(told.text, /^NotTrusted: /, name);
  }
});

/** Asks with a certificate that `readTls` may refuse. */
async function askByHand(port: number, files: TlsFiles): Promise<Told> {
  const own = readTls(host);
  const hand = { ...own, cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const client = agentClient(`localhost:${port}`, clientCredentials(hand), channelOptions());
  try {
    return await new Promise<Told>((resolve) =>
      client.confirm({}, { deadline: Date.now() + 20_000 }, (error, raw) => {
        if (error !== null) return resolve({ code: error.code, text: error.details });
        const reply = decodeConfirmReply(raw);
        return resolve({ code: status.OK, text: reply.kind === 'no' ? reply.no.message : 'yes' });
      }),
    );
  } finally {
    client.close();
  }
}

t.test('a client of another authority, or without a certificate, gets no connection', async (t) => {
  const stranger = await theirs.issue('stranger', {
    uris: [`spiffe://${domain}/host/h1`],
    units: ['cell-a'],
  });
  const told = await ask(port, { ...stranger, ca: host.ca });
  t.equal(told.code, status.UNAVAILABLE, told.text);
  const bare = await handshake(port, {});
  t.match(bare, /CERTIFICATE_REQUIRED|certificate required|ECONNRESET|closed/i);
});

t.test('a server of another authority is not spoken to', async (t) => {
  const impostor = await theirs.issue('impostor', { uris: [`spiffe://${domain}/coordinator/c1`] });
  const told = await ask(await listen(impostor), host);
  t.equal(told.code, status.UNAVAILABLE);
  t.match(told.text, /unable to verify|self-signed|certificate/);
});

t.test(
  'a server that is no coordinator of the trust domain, or not the one that is wanted, is not spoken to',
  async (t) => {
    const fake = await listen(
      await ours.issue('h2', { uris: [`spiffe://${domain}/host/h2`], units: ['cell-a'] }),
    );
    const told = await ask(fake, host);
    t.equal(told.code, status.UNAVAILABLE);
    t.match(
      told.text,
      /the server is spiffe:\/\/acme\.example\/host\/h2; want spiffe:\/\/acme\.example\/coordinator\//,
    );

    const elsewhere = await listen(await ours.issue('c9', { uris: ['spiffe://other/coordinator/c1'] }));
    t.match((await ask(elsewhere, host)).text, /the server is spiffe:\/\/other\/coordinator\/c1; want/);

    t.match(
      (await ask(port, host, `spiffe://${domain}/coordinator/c2`)).text,
      /the server is .*\/c1; want .*\/coordinator\/c2/,
    );
    t.equal((await ask(port, host, `spiffe://${domain}/coordinator/c1`)).code, status.OK);

    const otherName = await listen(
      await ours.issue('c3', { uris: [`spiffe://${domain}/coordinator/c3`], dns: 'elsewhere.example' }),
    );
    t.match(
      (await ask(otherName, host)).text,
      /does not match certificate|altnames/i,
      'the usual check holds too',
    );
  },
);

/** Handshake by hand; the error, or the protocol. */
function handshake(port: number, options: tls.ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = tls.connect({
      port,
      host: 'localhost',
      ca: readFileSync(host.ca),
      ALPNProtocols: ['h2'],
      ...options,
    });
    // With TLS 1.3 a client learns only after its own handshake that its certificate is refused.
    socket.on('secureConnect', () => {
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    });
    socket.on('data', () => {
      resolve(socket.getProtocol() ?? 'none');
      socket.destroy();
    });
    socket.on('error', (error) => resolve(`${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}`));
    socket.on('close', () => resolve('closed'));
  });
}

t.test('nothing below TLS 1.3', async (t) => {
  const identity = { cert: readFileSync(host.cert), key: readFileSync(host.key) };
  t.equal(await handshake(port, identity), 'TLSv1.3');
  const older = await handshake(port, { ...identity, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
  t.match(older, /protocol version|ECONNRESET|closed/i);
  t.not(older, 'TLSv1.2');

  const old = createSecureServer({
    cert: readFileSync(coordinator.cert),
    key: readFileSync(coordinator.key),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  });
  await new Promise<void>((resolve) => old.listen(0, 'localhost', resolve));
  t.teardown(() => old.close());
  const told = await ask((old.address() as AddressInfo).port, host);
  t.equal(told.code, status.UNAVAILABLE);
  t.match(told.text, /protocol version|ECONNRESET|EPROTO|alert/i);
});

t.test('a key that others can read is refused, with the command that mends it', async (t) => {
  const files = await ours.issue('loose', { uris: [`spiffe://${domain}/host/h3`], units: ['cell-a'] });
  for (const mode of [0o640, 0o604, 0o620, 0o666, 0o610]) {
    chmodSync(files.key, mode);
    t.throws(
      () => readTls(files),
      {
        name: 'TlsUnfit',
        message: `${files.key}: mode ${mode.toString(8)} lets others read or write a secret; run: chmod 600 ${files.key}`,
      },
      mode.toString(8),
    );
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(files.key, mode);
    t.equal(readTls(files).uri, `spiffe://${domain}/host/h3`);
    t.equal(readTls(files).trustDomain, domain);
  }
});

t.test('files that do not fit are refused by name', async (t) => {
  const other = await ours.issue('h4', { uris: [`spiffe://${domain}/host/h4`], units: ['cell-a'] });
  t.throws(() => readTls({ ...host, key: other.key }), { message: /h4\.key: is not the key of .*h1\.pem/ });
  t.throws(() => readTls({ ...host, ca: join(directory, 'none.pem') }), {
    message: /none\.pem: cannot be read \(ENOENT/,
  });
  t.throws(() => readTls({ ...host, key: join(directory, 'none.key') }), {
    message: /none\.key: cannot be read \(ENOENT/,
  });
  const junk = join(directory, 'junk.pem');
  writeFileSync(junk, 'junk', { mode: 0o600 });
  t.throws(() => readTls({ ...host, ca: junk }), { message: /junk\.pem: .*; want a certificate in PEM/ });
  t.throws(() => readTls({ ...host, cert: junk }), { message: /junk\.pem: .*; want a certificate in PEM/ });
  t.throws(() => readTls({ ...host, key: junk }), { message: /junk\.pem: .*; want a private key in PEM/ });
  const nameless = await ours.issue('nameless', { uris: [] });
  t.throws(() => readTls(nameless), { message: /nameless\.pem: the certificate has 0 URIs.*servoctl pki/ });
});
