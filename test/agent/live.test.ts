// SIGHUP at a real agent: it goes on with new files, or as it was.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { authority } from '../proto/support/certificates.ts';
import { until } from './scan/support.ts';
import { Host } from './support/host.ts';

t.setTimeout(120_000);

t.test('it takes new certificates over in a new session, and what is wrong changes nothing', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  await host.servo('s-1');
  const child = host.process();
  await host.quiet('s-1');
  t.equal(peer.hellos.length, 1);
  const said = (event: string) =>
    host.logs
      .join('')
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const pki = join(host.directory, 'pki');
  const config = readFileSync(host.configFile, 'utf8');
  const hup = async (event: string) => {
    const before = said(event).length;
    child.kill('SIGHUP');
    return await until(event, () => said(event)[before]);
  };

  writeFileSync(host.configFile, config.replace('"state"', '"stat"'));
  t.match(await hup('config.not-reloaded'), { problem: /stat: unknown key/ });
  writeFileSync(host.configFile, config);

  const other = await authority(pki, 'other');
  await other.issue('another', { uris: ['spiffe://test.example/host/h-2'], units: ['c1'] });
  const hostCert = readFileSync(join(pki, 'host.pem'));
  copyFileSync(join(pki, 'another.pem'), join(pki, 'host.pem'));
  t.match(await hup('config.not-reloaded'), { problem: /host\.key: is not the key of/ });
  const hostKey = readFileSync(join(pki, 'host.key'));
  copyFileSync(join(pki, 'another.key'), join(pki, 'host.key'));
  t.match(await hup('config.not-reloaded'), { problem: /host h-2, this agent runs as h-1/ });
  writeFileSync(join(pki, 'host.pem'), hostCert);
  writeFileSync(join(pki, 'host.key'), hostKey);
  t.equal(peer.hellos.length, 1, 'the session went on all the while');

  writeFileSync(
    host.configFile,
    JSON.stringify({ ...(JSON.parse(config) as object), log: 'debug', maxScan: '30 s' }),
  );
  t.match(await hup('config.needs-restart'), { options: ['maxScan'] });
  await until('a session with the new files', () => peer.hellos.length === 2 || undefined);
  const reports = peer.reports;
  await until('reports in it', () => peer.reports > reports + 1 || undefined);
  t.equal(child.exitCode, null);
});
