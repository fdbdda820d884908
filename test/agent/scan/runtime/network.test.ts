import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import {
  addressesOf,
  comparable,
  hasOwnNetwork,
  localFour,
  localSix,
  networkUse,
  parseDev,
} from '../../../../agent/src/scan/runtime/network.ts';

t.test('tables of the kernel', (t) => {
  const dev = `Inter-|   Receive  |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
  eth0:   1000      10    0    0    0     0          0         0       30       3    0    0    0     0       0          0
  eth1:7       1    0    0    0     0          0         0        5       1    0    0    0     0       0          0
`;
  t.equal(parseDev(dev), 1042);
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
  t.type(before.networkBytes, 'number');
  t.type(after.connections, 'number', 'what goes over loopback is not counted');
});
