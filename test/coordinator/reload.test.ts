// SIGHUP: certificates are renewed beneath a running coordinator, or everything stays as it was.
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { TlsFiles } from '@servo-auditor/proto/tls.ts';
import { createCa, issueCoordinator, issueHost } from '../../coordinator/src/pki.ts';
import { reloadConfig } from '../../coordinator/src/reload.ts';
import { startCoordinator } from '../../coordinator/src/start.ts';
import { cell, h1 } from '../support/build.ts';
import { aSetting, coordinatorId as id } from '../support/coordinator-setting.ts';

async function running(t: Test) {
  const setting = await aSetting(t);
  const coordinator = await startCoordinator(setting.config, setting.log);
  t.teardown(async () => await coordinator.stop());
  const host = await issueHost(setting.pki, h1, cell);
  for (const name of ['later', 'elsewhere']) mkdirSync(join(setting.dir, name));
  return { ...setting, coordinator, host };
}

/** The certificate that the server shows now, to a host that trusts `ca`. */
async function shown(port: number, host: TlsFiles, ca: string = host.ca): Promise<string> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: readFileSync(ca),
    cert: readFileSync(host.cert),
    key: readFileSync(host.key),
    ALPNProtocols: ['h2'],
  });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

t.test('new certificates count for every connection from then on', async (t) => {
  const { pki, file, write, options, config, coordinator, log, events, host, dir } = await running(t);
  const before = await shown(coordinator.port, host);
  const other = join(dir, 'later');
  for (const name of ['ca.pem', 'ca.key']) copyFileSync(join(pki, name), join(other, name));
  const tls = await issueCoordinator(other, id, ['localhost']);
  write({ tls, logLevel: 'warn', cells: ['c2'] });
  const next = reloadConfig(file, config, coordinator, log);
  const after = await shown(coordinator.port, host);
  t.not(after, before, 'another certificate is shown');
  t.equal(next.tls.cert, tls.cert);
  t.strictSame(next.cells, config.cells, 'what cannot be reloaded stays as it was');
  t.match(events.at(-1), { event: 'config.needs-restart', options: ['cells'] });
  t.equal(log.level, 'warn');
  for (const name of ['cert', 'key'] as const) copyFileSync(options.tls[name], tls[name]);
  reloadConfig(file, next, coordinator, log);
  t.equal(await shown(coordinator.port, host), before, 'the files count, not only their names');
});

t.test('what is wrong changes nothing, and says what it is', async (t) => {
  const { dir, pki, file, write, config, coordinator, log, events, host } = await running(t);
  const before = await shown(coordinator.port, host);
  const elsewhere = join(dir, 'elsewhere');
  await createCa(elsewhere, 'other.example');
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ logLevel: 'loud' }, /logLevel/],
    [{ tls: await issueCoordinator(pki, parseId('coordinator', 'k2'), ['localhost']) }, /is of .*\/k2; want/],
    [{ tls: { ...config.tls, key: join(dir, 'none.pem') } }, /none\.pem: cannot be read/],
    [{ tls: await issueCoordinator(elsewhere, id, ['localhost']) }, /trust domain other\.example/],
  ];
  for (const [more, says] of cases) {
    write(more);
    t.equal(reloadConfig(file, config, coordinator, log), config);
    t.match(events.at(-1), { event: 'config.not-reloaded', problem: says });
    t.equal(await shown(coordinator.port, host), before);
  }
});
