import t from 'tap';
import {
  incarnationOf,
  isGroupOf,
  readContainer,
  readSpec,
  runtimeIdOf,
  splitRuntimeId,
  statusOf,
  timeOf,
} from '../../../../../agent/src/scan/runtime/containerd/answers.ts';
import type { WireContainer } from '../../../../../agent/src/scan/runtime/containerd/api.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const wire: WireContainer = {
  id: 'x',
  labels: { a: 'b' },
  spec: { typeUrl: '', value: json({ process: { env: ['A=1'] } }) },
  snapshotter: 'overlayfs',
  snapshotKey: 'k',
  createdAt: { seconds: '1764000000', nanos: 7 },
  updatedAt: null,
};

t.test('a container is itself by its id and the nanosecond of its creation', async (t) => {
  const read = readContainer('ns', wire);
  if ('wrong' in read) throw new Error(read.wrong);
  t.equal(incarnationOf(read), 'x@2025-11-24T16:00:00.000000007Z');
  t.equal(runtimeIdOf(read), 'ns/x');
  t.strictSame(splitRuntimeId('ns/x'), { namespace: 'ns', id: 'x' });
  for (const none of ['x', '/x', 'ns/', 'ns/x/y', '']) t.equal(splitRuntimeId(none), undefined, none);
});

t.test('what cannot be understood is said, and never taken for empty', async (t) => {
  for (const [given, wrong] of [
    [null, 'it has no id'],
    [{ ...wire, id: '' }, 'it has no id'],
    [{ ...wire, createdAt: null }, 'it does not say when it was created'],
    [{ ...wire, spec: null }, 'it has no specification'],
    [{ ...wire, spec: { typeUrl: '', value: Buffer.from('{') } }, 'its specification is no JSON'],
    [{ ...wire, spec: { typeUrl: '', value: Buffer.from('[]') } }, 'its specification is no JSON object'],
    [{ ...wire, spec: { typeUrl: '', value: Buffer.from('null') } }, 'its specification is no JSON object'],
  ] as const)
    t.strictSame(readContainer('ns', given), { wrong });
  t.match(readSpec(Buffer.alloc(4 * 1024 * 1024 + 1, ' ')), 'more than 4194304 bytes');
});

t.test('times', async (t) => {
  t.equal(timeOf({ seconds: '1', nanos: 999_999_999 }), '1970-01-01T00:00:01.999999999Z');
  for (const time of [
    null,
    { seconds: '0', nanos: 0 },
    { seconds: '-1', nanos: 0 },
    { seconds: '1', nanos: -1 },
    { seconds: '1', nanos: 1e9 },
    { seconds: '999999999999', nanos: 0 },
    { seconds: '1e3', nanos: 0 },
  ])
    t.equal(timeOf(time), undefined, JSON.stringify(time));
});

t.test('a state of a later version is an unknown one', async (t) => {
  t.strictSame(
    [0, 1, 2, 3, 4, 5, 6, 1e9].map((status) => statusOf({ status })),
    ['unknown', 'created', 'running', 'stopped', 'paused', 'pausing', 'unknown', 'unknown'],
  );
});

t.test('what of a specification matters here', async (t) => {
  const spec = {
    root: { path: '/r' },
    process: { env: ['A=1', 2] },
    mounts: [
      { type: 'tmpfs', destination: '/run' },
      { type: 'ramfs', destination: '/ram' },
      { type: 'bind', destination: '/data' },
    ],
    hooks: { poststop: [{ path: '/bin/clean' }, {}] },
    linux: { cgroupsPath: '/a/x', namespaces: [{ type: 'pid' }, { type: 'network', path: '/run/netns/x' }] },
  };
  t.strictSame(readSpec(json(spec)), {
    env: ['A=1'],
    rootPath: '/r',
    tmpfs: ['/run', '/ram'],
    made: ['pid'],
    joined: [{ kind: 'network', path: '/run/netns/x' }],
    hostNetwork: false,
    cgroupsPath: '/a/x',
    afterStop: ['/bin/clean', ''],
  });
  t.match(readSpec(json({})), { hostNetwork: true });
});

t.test('its control group, as it was asked for', async (t) => {
  const groupOf = (cgroupsPath: string) => {
    const read = readContainer('ns', {
      ...wire,
      spec: { typeUrl: '', value: json({ linux: { cgroupsPath } }) },
    });
    if ('wrong' in read) throw new Error(read.wrong);
    return isGroupOf(read);
  };
  const parts = ['', 'system.slice', 'nerdctl-y.scope', 'y', 'x', 'y.scope'];
  const among = (path: string) => parts.filter(groupOf(path));
  t.strictSame(among('/a/y'), ['y', 'x']);
  t.strictSame(among('system.slice:nerdctl:y'), ['nerdctl-y.scope', 'x']);
  t.strictSame(among('system.slice::y'), ['x', 'y.scope']);
  t.strictSame(among(''), ['x'], 'an empty part is no name');
});
