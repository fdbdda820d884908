import t from 'tap';
import { generationOf, readerVersion } from '../../../agent/src/scan/reader.ts';
import { openRuntime } from '../../../agent/src/scan/runtime/index.ts';
import { openStore, type StoreOptions } from '../../../agent/src/scan/store/index.ts';
import { processOptions } from './support.ts';

const process1 = openRuntime({ runtime: 'process', options: processOptions('host-1') });
const fields = { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' };
const manifests = (root: string, more: object = {}): StoreOptions => ({
  store: 'manifest-directory',
  options: { root, fields, suffix: '.json', ignore: [], ...more },
});
const versionOf = (options: StoreOptions, runtime = process1) => readerVersion(openStore(options), runtime);

t.test('the same on every host that reads alike', async (t) => {
  const version = await versionOf(manifests('/a'));
  t.equal(await versionOf(manifests('/elsewhere')), version);
  const host2 = openRuntime({
    runtime: 'process',
    options: processOptions('host-2', { users: ['12345'], commands: ['x'], probeSources: ['10.0.0.1'] }),
  });
  t.equal(await versionOf(manifests('/a'), host2), version);
  const db = (path: string): StoreOptions => ({
    store: 'sqlite',
    options: { path, table: 'instance', columns: fields },
  });
  t.equal(await versionOf(db('/a.db')), await versionOf(db('/b.db')));
});

t.test('another one as soon as anything is read otherwise', async (t) => {
  const versions = await Promise.all([
    versionOf(manifests('/a')),
    versionOf(manifests('/a', { fields: { ...fields, uid: 'id' } })),
    versionOf(manifests('/a', { fields: { ...fields, project: undefined } })),
    versionOf(manifests('/a', { suffix: '.manifest' })),
    versionOf(manifests('/a', { ignore: ['*.tmp'] })),
    versionOf({ store: 'sqlite', options: { path: '/a', table: 'instance', columns: fields } }),
    versionOf({ store: 'sqlite', options: { path: '/a', table: 'guest', columns: fields } }),
    versionOf({ store: 'labels', options: { fields: { uid: 'APP_UID' } } }),
    versionOf({ store: 'labels', options: { fields: { uid: 'APP_UID', project: 'APP_PROJECT' } } }),
    versionOf(
      manifests('/a'),
      openRuntime({
        runtime: 'process',
        options: processOptions('h', { identity: { from: 'argument', prefix: '--uid=' } }),
      }),
    ),
    versionOf(
      manifests('/a'),
      openRuntime({
        runtime: 'process',
        options: processOptions('h', { marker: { variable: 'OTHER', value: 'h' } }),
      }),
    ),
  ]);
  t.equal(new Set(versions).size, versions.length);
});

t.test('what the parser itself does is part of it', async (t) => {
  const store = openStore(manifests('/a'));
  const other = { ...store, conform: async () => [...(await store.conform()), { item: 'more', made: null }] };
  t.not(await readerVersion(other, process1), await readerVersion(store, process1));
});

t.test('the corpus goes through the real parser', async (t) => {
  const good = {
    uid: 'u-1.A_b:c@d',
    project: 'p-1',
    argv: ['node', 'server.js', ''],
    cwd: '/srv/app',
    env: { A: '1', B: 'x=y' },
  };
  const made = async (options: StoreOptions) =>
    new Map((await openStore(options).conform()).map((c) => [c.item, c.made]));
  const nested = await made(
    manifests('/a', {
      fields: { uid: 'meta.uid', project: 'meta.project', argv: 'run.argv', cwd: 'run.cwd', env: 'env' },
    }),
  );
  t.strictSame(nested.get('good'), good);
  t.equal(nested.get('names of the parts themselves'), 'missing-field');
  t.equal(nested.get('key twice'), 'not-json');
  const db = await made({ store: 'sqlite', options: { path: '/none', table: 'instance', columns: fields } });
  t.strictSame(db.get('good'), [good]);
  t.strictSame(db.get('uid 0'), ['missing-field']);
  const labels = await made({ store: 'labels', options: { fields: { uid: 'A', project: 'B' } } });
  t.match(labels.get('good'), { uid: good.uid, project: 'p-1' });
});

t.test('store and runtime may not read one field', async (t) => {
  const labels = openStore({ store: 'labels', options: { fields: { uid: 'SERVO_UID' } } });
  t.throws(() => generationOf(labels, process1), {
    message: /labels and runtime process both read the uid from env:SERVO_UID.*another field/,
  });
  const byArgument = openRuntime({
    runtime: 'process',
    options: processOptions('h', { identity: { from: 'argument', prefix: '--uid=' } }),
  });
  t.equal(generationOf(labels, byArgument), 'labels/process');
  t.equal(generationOf(openStore(manifests('/a')), process1), 'manifest-directory/process');
});
