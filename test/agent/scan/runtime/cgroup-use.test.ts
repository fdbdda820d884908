import t from 'tap';
import { cpuMsOf, findGroup, groupOf, pidsOf } from '../../../../agent/src/scan/runtime/cgroup-use.ts';

const isTop = (part: string) => part.startsWith('lxc.payload.');
const v2 = '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n';
const v1 = '30 23 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n';

t.test('the group of a servo', (t) => {
  t.strictSame(findGroup('0::/lxc.payload.g/init.scope\n', v2, isTop), {
    folder: '/sys/fs/cgroup/lxc.payload.g',
    counts: 'cpu.stat',
  });
  t.strictSame(findGroup('3:cpu,cpuacct:/a/lxc.payload.g/b\n2:pids:/x\n', v1, isTop), {
    folder: '/sys/fs/cgroup/cpu,cpuacct/a/lxc.payload.g',
    counts: 'cpuacct.usage',
  });
  t.match(
    findGroup('0::/user.slice/a\n', v2, isTop),
    { folder: '/sys/fs/cgroup/user.slice/a' },
    'none is its top',
  );
  t.equal(findGroup('0::/../../x\n', v2, isTop), undefined, 'out of sight');
  t.equal(findGroup('0::/x\n', v2.replace(' / ', ' /part '), isTop), undefined, 'only a part is mounted');
  t.equal(findGroup('', '', isTop), undefined);
  t.end();
});

t.test('this process', async (t) => {
  const group = await groupOf(process.pid, isTop);
  if (group === undefined) throw new Error('this machine shows no control groups');
  t.type(await cpuMsOf(group), 'number');
  t.ok((await pidsOf(group))?.includes(process.pid));
  t.equal(await groupOf(4_000_000, isTop), undefined);
  t.equal(await cpuMsOf({ ...group, folder: '/nowhere' }), undefined);
  t.equal(await pidsOf({ ...group, folder: '/nowhere' }), undefined);
});
