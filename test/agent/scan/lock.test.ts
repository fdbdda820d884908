import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lockGeneration } from '../../../agent/src/scan/lock.ts';
import { openRuntime } from '../../../agent/src/scan/runtime/index.ts';
import { openStore } from '../../../agent/src/scan/store/index.ts';
import { freshMarker, processOptions } from './support.ts';

const fields = { uid: 'uid' };
const storeAt = (root: string) =>
  openStore({ store: 'manifest-directory', options: { root, fields, suffix: '.json', ignore: [] } });
const runtimeOf = (marker: string) => openRuntime({ runtime: 'process', options: processOptions(marker) });

t.test('a second agent on the same store is refused, by whatever path it comes', async (t) => {
  const dir = t.testdir({ store: {} });
  symlinkSync('store', join(dir, 'link'));
  const lock = await lockGeneration(storeAt(join(dir, 'store')), runtimeOf(freshMarker()));
  await t.rejects(lockGeneration(storeAt(join(dir, 'link')), runtimeOf(freshMarker())), {
    message: `another agent (pid ${process.pid}) already serves manifest-directory ${join(dir, 'store')}: stop it, or configure another scope`,
  });
  await lock.close();
  const again = await lockGeneration(storeAt(join(dir, 'link')), runtimeOf(freshMarker()));
  await again.close();
});

t.test('a second agent on the same processes is refused, and lets go of the store', async (t) => {
  const dir = t.testdir({ a: {}, b: {} });
  const marker = freshMarker();
  const lock = await lockGeneration(storeAt(join(dir, 'a')), runtimeOf(marker));
  await t.rejects(lockGeneration(storeAt(join(dir, 'b')), runtimeOf(marker)), {
    message: /already serves process .*SERVO_HOST=test-/,
  });
  const other = await lockGeneration(storeAt(join(dir, 'b')), runtimeOf(freshMarker()));
  await other.close();
  await lock.close();
});

t.test('the lock of an agent that was killed is free', async (t) => {
  const dir = t.testdir({ store: {} });
  const marker = freshMarker();
  const from = (path: string) => JSON.stringify(join(import.meta.dirname, '../../../agent/src/scan', path));
  const code = `
    import { lockGeneration } from ${from('lock.ts')};
    import { openRuntime } from ${from('runtime/index.ts')};
    import { openStore } from ${from('store/index.ts')};
    const store = openStore({ store: 'manifest-directory', options: ${JSON.stringify({ root: join(dir, 'store'), fields, suffix: '.json', ignore: [] })} });
    const runtime = openRuntime({ runtime: 'process', options: ${JSON.stringify(processOptions(marker))} });
    await lockGeneration(store, runtime);
    console.log('locked');
    setTimeout(() => {}, 1e8);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const take = () => lockGeneration(storeAt(join(dir, 'store')), runtimeOf(marker));
  await t.rejects(take(), { message: new RegExp(`pid ${child.pid}\\)`) });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await take()).close();
});

t.test('labels need no lock of their own', async (t) => {
  const labels = () => openStore({ store: 'labels', options: { fields } });
  const lock = await lockGeneration(labels(), runtimeOf(freshMarker()));
  const other = await lockGeneration(labels(), runtimeOf(freshMarker()));
  t.not(other, lock);
  await lock.close();
  await other.close();
});
