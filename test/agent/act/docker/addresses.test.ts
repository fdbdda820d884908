import t from 'tap';
import { heldByContainers, listensOn } from '../../../../agent/src/act/docker/addresses.ts';
import { readList } from '../../../../agent/src/scan/runtime/docker/answers.ts';

const rowOf = (name: string, more: object) =>
  readList([{ Id: 'ab'.repeat(32), State: 'running', Names: [`/${name}`], ...more }]).rows;
const tcp = (port: number, address = '') => ({ protocol: 'tcp', address, port });

t.test('a published port that another container has is named with it', async (t) => {
  const web = rowOf('web-2', { Ports: [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }] });
  const held = (port: number, address?: string, rows = web) =>
    heldByContainers({ published: [tcp(port, address)], fixed: [] }, rows);
  t.strictSame(held(8080), [{ address: 'tcp port 8080', holder: 'container web-2' }]);
  t.equal(held(8080, '10.0.0.1').length, 1, 'all addresses are this one too');
  t.equal(held(8081).length, 0);
  const other = rowOf('x', { Ports: [{ IP: '10.0.0.2', PublicPort: 8080, Type: 'tcp' }] });
  t.equal(held(8080, '10.0.0.1', other).length, 0);
  t.equal(held(8080, '10.0.0.1', rowOf('x', { Ports: [{ PublicPort: 8080, Type: 'udp' }] })).length, 0);
  t.equal(
    held(8080, '', rowOf('x', { State: 'exited', Ports: [{ PublicPort: 8080, Type: 'tcp' }] })).length,
    0,
  );
});

t.test('an address that was given by hand and another container has now', async (t) => {
  const networks = { front: { IPAddress: '10.0.0.7' }, back: { IPAddress: '' } };
  const rows = rowOf('web-2', { NetworkSettings: { Networks: networks } });
  const held = (network: string, address: string) =>
    heldByContainers({ published: [], fixed: [{ network, address }] }, rows);
  t.strictSame(held('front', '10.0.0.7'), [
    { address: '10.0.0.7 in network front', holder: 'container web-2' },
  ]);
  t.equal(held('back', '10.0.0.7').length, 0);
  t.equal(held('front', '10.0.0.8').length, 0);
});

t.test('published ports as the kernel spells listeners', async (t) => {
  t.strictSame(
    listensOn([tcp(8080), tcp(81, '10.0.0.7'), { ...tcp(53), protocol: 'udp' }, tcp(1, 'fd00::1')]),
    [
      { protocol: 'tcp', address: '00000000', port: 8080 },
      { protocol: 'tcp', address: '0700000A', port: 81 },
    ],
  );
});
