import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { conflictsOf, listensOf } from '../../../agent/src/act/listen.ts';

async function listen(t: Test, host: string) {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('what a process listens on, and who has it', async (t) => {
  const port = await listen(t, '127.0.0.1');
  const listens = await listensOf([process.pid]);
  const own = listens.filter((l) => l.port === port);
  t.match(own, [{ protocol: 'tcp', port }]);
  t.match(await conflictsOf(own), [
    { address: `127.0.0.1:${port}`, holder: new RegExp(`^process ${process.pid} \\(.+\\)$`) },
  ]);
  t.strictSame(
    await conflictsOf([{ protocol: 'tcp', address: '0200007F', port }]),
    [],
    'another address is free',
  );
  t.match(await conflictsOf([{ protocol: 'tcp', address: '00000000', port }]), [{ address: `port ${port}` }]);
  t.strictSame(await conflictsOf([]), []);
});

t.test('who listens everywhere takes every address', async (t) => {
  const port = await listen(t, '0.0.0.0');
  t.match(await conflictsOf([{ protocol: 'tcp', address: '0100007F', port }]), [{ holder: /process/ }]);
});

t.test('a process that is gone listens on nothing', async (t) => {
  t.strictSame(await listensOf([]), []);
  t.strictSame(await listensOf([2 ** 22 + 1]), []);
});
