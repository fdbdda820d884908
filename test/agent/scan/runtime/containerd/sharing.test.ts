import t from 'tap';
import type { Container, Spec } from '../../../../../agent/src/scan/runtime/containerd/answers.ts';
import { whoLivesIn } from '../../../../../agent/src/scan/runtime/containerd/sharing.ts';

const container = (id: string, spec: Partial<Spec>): Container => ({
  namespace: 'ns',
  id,
  createdAt: '',
  updatedAt: '',
  labels: {},
  snapshotter: '',
  snapshotKey: '',
  spec: {
    env: [],
    rootPath: '',
    tmpfs: [],
    made: [],
    joined: [],
    hostNetwork: false,
    cgroupsPath: '',
    afterStop: [],
    ...spec,
  },
});
const joins = (kind: string) => ({ joined: [{ kind, path: '/proc/1/ns/x' }] });
const here = process.pid;

function inside(all: Parameters<typeof whoLivesIn>[0]) {
  return Object.fromEntries(
    [...whoLivesIn(all)].map(([runtimeId, guests]) => [runtimeId, guests.map(({ id }) => id)]),
  );
}

t.test('who lives in a namespace that another made would lose it', async (t) => {
  const base = { container: container('base', { made: ['network', 'pid'] }), pid: here };
  const guest = { container: container('guest', joins('network')), pid: here };
  const other = { container: container('other', { made: ['network'] }), pid: here };
  t.strictSame(inside([base, guest]), { 'ns/base': ['guest'] });
  t.strictSame(inside([base, other]), {}, 'none joins another');
  const byIpc = { container: container('ipc', joins('ipc')), pid: here };
  t.strictSame(inside([base, byIpc]), {}, 'a kind that it did not make');
});

t.test('one that the kernel does not show may live in each of its kind', async (t) => {
  const base = { container: container('base', { made: ['network'] }), pid: here };
  const unseen = { container: container('unseen', joins('network')), pid: undefined };
  t.strictSame(inside([base, unseen]), { 'ns/base': ['unseen'] });
  const noPid = { container: container('base', { made: ['network'] }), pid: undefined };
  const guest = { container: container('guest', joins('network')), pid: here };
  t.strictSame(inside([noPid, guest]), { 'ns/base': ['guest'] });
});
