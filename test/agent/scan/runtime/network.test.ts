import { readFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import t from 'tap';
import { skip } from '../../../engines/need.ts';
import {
  addressesOf,
  comparable,
  hasOwnNetwork,
  localFour,
  localSix,
  networkUse,
  parseDev,
  parseEstablished,
} from '../../../../agent/src/scan/runtime/network.ts';

t.test('tables of the kernel', (t) => {
  const dev = `Inter-|   Receive  |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
  eth0:   1000      10    0    0    0     0          0         0       30       3    0    0    0     0       0          0
  eth1:7       1    0    0    0     0          0         0        5       1    0    0    0     0       0          0
`;
  t.equal(parseDev(dev), 1042);
  const tcp = (names: string, values: string) =>
    parseEstablished(`Ip: Forwarding\nIp: 1\nTcp: ${names}\nTcp: ${values}\nUdp: In\nUdp: 0\n`);
  t.equal(tcp('RtoMin MaxConn CurrEstab InSegs', '200 -1 0 5'), 0);
  t.equal(tcp('CurrEstab InSegs', '17 5'), 17);
  t.equal(tcp('InSegs', '5'), undefined, 'one that does not say is none that says zero');
  t.equal(tcp('InSegs CurrEstab', '5'), undefined);
  t.equal(tcp('CurrEstab', ''), undefined);
  t.equal(parseEstablished(''), undefined);
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.3.0/24 2 0 2
        |-- 10.0.3.0
           /24 link UNICAST
        |-- 10.0.3.7
           /32 host LOCAL
        |-- 10.0.3.255
           /32 link BROADCAST
     |-- 127.0.0.1
        /32 host LOCAL
`;
  t.strictSame(localFour(trie), ['10.0.3.7']);
  const six = `00000000000000000000000000000001 01 80 10 80       lo
fe8000000000000002163efffe000001 02 40 20 80     eth0
20010db8000000000000000000000007 02 40 00 80     eth0
`;
  t.strictSame(localSix(six), ['2001:db8::7']);
  t.equal(comparable('10.0.3.7/24'), comparable('10.0.3.7'));
  t.equal(comparable('2001:db8::7'), comparable('2001:DB8:0:0:0:0:0:7'));
  t.equal(comparable('x'), undefined);
  t.end();
});

t.test('this process', async (t) => {
  t.equal(await hasOwnNetwork(process.pid), false);
  t.equal(await hasOwnNetwork(4_000_000), undefined);
  t.notOk((await addressesOf('self')).some((address) => address.startsWith('127.')));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const before = await networkUse(process.pid, new Set());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  t.teardown(() => client.destroy());
  t.teardown(() => server.close());
  const after = await networkUse(process.pid, new Set());
  t.ok((parseEstablished(readFileSync('/proc/self/net/snmp', 'utf8')) ?? 0) >= 2, 'both ends are counted');
  t.type(before.networkBytes, 'number');
  t.type(after.connections, 'number', 'what goes over loopback is not counted');
});

t.test('a network of its own, in which nothing and then something is connected', async (t) => {
  const script = `ip link set lo up && ip addr add 10.9.8.7/32 dev lo && exec '${process.execPath}' -e "
    const { createServer, connect } = require('node:net');
    process.stdin.once('data', () => {
      const server = createServer().listen(0, '10.9.8.7', () =>
        connect(server.address().port, '10.9.8.7').on('connect', () => console.log('connected')));
    });
    console.log('up');"`;
  const child = spawn('unshare', ['--net', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value } = await lines.next();
  if (value !== 'up') return skip(t, 'a network of its own: the tests must run as root, with iproute2');
  t.match(await networkUse(child.pid ?? 0, new Set()), { connections: 0, networkBytes: 0 });
  child.stdin.write('go\n');
  await lines.next();
  t.match(await networkUse(child.pid ?? 0, new Set()), { connections: 2 }, 'seen from both ends');
});
