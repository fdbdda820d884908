import t from 'tap';
import * as fc from 'fast-check';
import { readInspected, readList } from '../../../../../agent/src/scan/runtime/docker/answers.ts';

const id = 'ab'.repeat(32);

t.test('a row that cannot be understood is counted, never left out in silence', async (t) => {
  const good = { Id: id, State: 'running', Names: ['/web'], Labels: { a: 'b' } };
  const odd = [null, 1, {}, { ...good, Id: 'short' }, { ...good, State: 1 }, { ...good, Labels: ['a'] }];
  const { rows, unread } = readList([good, ...odd, { ...good, Labels: { a: 1 } }]);
  t.equal(unread, odd.length + 1);
  t.match(rows, [{ id, names: ['web'], labels: { a: 'b' }, state: 'running', networkOf: undefined }]);
  for (const value of [undefined, null, {}, 'x']) t.throws(() => readList(value), { name: 'Unintelligible' });
});

t.test('whatever comes instead of a list makes no container', async () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (values) => {
      const { rows, unread } = readList(values);
      return rows.length + unread === values.length && rows.every((row) => row.id.length === 64);
    }),
  );
});

t.test('a container without what decides is refused', async (t) => {
  const whole = {
    Id: id,
    Name: '/web',
    State: { Status: 'running', Running: true, Pid: 4 },
    Config: {},
    HostConfig: { AutoRemove: false },
  };
  t.match(readInspected(whole), {
    id,
    name: 'web',
    running: true,
    policy: { name: 'no' },
    tmpfs: [],
    livesIn: [],
  });
  for (const part of ['Id', 'Name', 'State'])
    t.throws(() => readInspected({ ...whole, [part]: undefined }), { name: 'Unintelligible' }, part);
  t.throws(() => readInspected({ ...whole, HostConfig: {} }), /does not say whether it is removed/);
  t.throws(() => readInspected(undefined), { name: 'Unintelligible' });
});

t.test('ports, addresses, files in memory, and where it lives', async (t) => {
  const seen = readInspected({
    Id: id,
    Name: '/web',
    State: { Status: 'running', Running: true, Pid: 4 },
    Config: { Env: ['A=1', 2], Labels: null },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'container:abc',
      IpcMode: 'container:def',
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      Tmpfs: { '/cache': '' },
      PortBindings: {
        '80/tcp': [{ HostIp: '', HostPort: '8080' }],
        '53/udp': [{ HostIp: '10.0.0.1', HostPort: '53' }],
      },
    },
    Mounts: [
      { Type: 'tmpfs', Destination: '/run' },
      { Type: 'volume', Destination: '/data' },
    ],
    NetworkSettings: {
      Ports: {
        '80/tcp': [
          { HostIp: '0.0.0.0', HostPort: '8080' },
          { HostIp: '::', HostPort: '8080' },
        ],
        '81/tcp': null,
      },
      Networks: { front: { IPAMConfig: { IPv4Address: '10.0.0.7' } }, back: { IPAMConfig: null } },
    },
  });
  t.match(seen, {
    autoRemove: true,
    livesIn: ['abc', 'def'],
    policy: { name: 'on-failure', retries: 3 },
    tmpfs: ['/cache', '/run'],
    env: ['A=1'],
    labels: {},
    fixedAddresses: [{ network: 'front', address: '10.0.0.7' }],
  });
  t.strictSame(seen.published, [
    { protocol: 'tcp', address: '', port: 8080 },
    { protocol: 'udp', address: '10.0.0.1', port: 53 },
  ]);
});
