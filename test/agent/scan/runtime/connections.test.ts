import { connect } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { addressKey, countConnections, parseTable } from '../../../../agent/src/scan/runtime/connections.ts';
import { run, until } from '../support.ts';

t.test('open connections of a real server, without those of probes', async (t) => {
  const file = join(t.testdir(), 'port');
  const script = `const s = require('net').createServer(() => {}).listen(0, '127.0.0.1', () => require('fs').writeFileSync(process.argv[1], String(s.address().port)))`;
  const { pid } = await run(t, [process.execPath, '-e', script, file], {});
  const port = await until('its port', () => {
    try {
      return Number(readFileSync(file, 'utf8')) || undefined;
    } catch {
      return undefined;
    }
  });
  const count = (probes: string[] = []) =>
    countConnections([pid], new Set(probes.map(addressKey)), new Map());
  t.equal(await count(), 0);
  const clients = [0, 1].map(() => connect(port, '127.0.0.1'));
  await Promise.all(clients.map((client) => once(client, 'connect')));
  await until('two connections', async () => ((await count()) === 2 ? true : undefined));
  t.equal(await count(['10.1.2.3']), 2);
  t.equal(await count(['127.0.0.1']), 0, 'a probe is no use');
  t.equal(await count(['::ffff:127.0.0.1']), 0);
  t.equal(await countConnections([pid, pid], new Set(), new Map()), 2, 'each once');
  clients.forEach((client) => client.destroy());
  await until('none left', async () => ((await count()) === 0 ? true : undefined));
});

t.test('whoever is gone has none', async (t) => {
  t.equal(await countConnections([2 ** 22 + 1], new Set(), new Map()), 0);
});

t.test('only established connections that somebody holds', async (t) => {
  const line = (remote: string, state: string, inode: string) =>
    `   0: 0100007F:1F90 ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000`;
  const text = [
    '  sl  local_address rem_address   st',
    line('0200007F:0050', '01', '11'),
    line('0200007F:0050', '0A', '12'),
    line('0200007F:0050', '01', '0'),
    '',
  ].join('\n');
  t.strictSame(parseTable(text), [['11', addressKey('127.0.0.2')]]);
});

t.test('an address has one key, however it is written', async (t) => {
  t.equal(addressKey('127.0.0.1'), '00000000000000000000ffff7f000001');
  t.equal(addressKey('::ffff:127.0.0.1'), addressKey('127.0.0.1'));
  t.equal(addressKey('::1'), '00000000000000000000000000000001');
  t.equal(addressKey('2001:DB8::A'), addressKey('2001:db8:0:0:0:0:0:a'));
  t.equal(addressKey('fe80::1%eth0'), addressKey('fe80::1'));
  t.equal(addressKey('::'), '0'.repeat(32));
  for (const no of ['', 'localhost', '1.2.3', '::g']) t.throws(() => addressKey(no), TypeError);
});
