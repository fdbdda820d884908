import t from 'tap';
import { systemdPath, unitIn } from '../../../../agent/src/scan/runtime/cgroup.ts';

t.test('the innermost unit, and whose manager has it', async (t) => {
  t.strictSame(unitIn('/system.slice/app.service'), { name: 'app.service', user: false });
  t.strictSame(unitIn('/system.slice/app.service/workers'), { name: 'app.service', user: false });
  t.strictSame(unitIn('/user.slice/user-1000.slice/session-3.scope'), {
    name: 'session-3.scope',
    user: false,
  });
  t.strictSame(unitIn('/user.slice/user-1000.slice/user@1000.service/app.slice/x.service'), {
    name: 'x.service',
    user: true,
  });
  t.strictSame(unitIn('/user.slice/user-1000.slice/user@1000.service'), {
    name: 'user@1000.service',
    user: false,
  });
  for (const none of ['/', '', '/docker/0123', '/system.slice']) t.equal(unitIn(none), undefined, none);
});

t.test('the hierarchy that systemd uses', async (t) => {
  t.equal(systemdPath('0::/a.service\n'), '/a.service');
  t.equal(systemdPath('4:memory:/x\n1:name=systemd:/b.service\n0::/\n'), '/b.service');
  t.equal(systemdPath('0::/with:colon\n'), '/with:colon');
  t.equal(systemdPath(''), '');
});
