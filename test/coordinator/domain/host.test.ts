import t from 'tap';
import { openProblems } from '../../../coordinator/src/domain/host.ts';
import { anInventory, aView, digest } from '../../support/build.ts';

const problem = { path: '/x', code: 'x', message: 'x', contentSha256: digest };
const open = (problems: readonly object[], acknowledged: readonly object[] = []) =>
  openProblems(
    aView({
      inventory: anInventory([{}], { problems: problems as never }),
      acknowledged: acknowledged as never,
    }),
  ).map((p) => p.path);

t.test('a problem is open until exactly its bytes are acknowledged under exactly its path', (t) => {
  t.strictSame(open([problem]), ['/x']);
  t.strictSame(open([problem], [{ path: '/x', contentSha256: digest }]), []);
  t.strictSame(open([problem], [{ path: '/y', contentSha256: digest }]), ['/x']);
  t.strictSame(open([problem], [{ path: '/x', contentSha256: 'e'.repeat(64) }]), ['/x']);
  t.strictSame(open([problem, { ...problem, path: '/y' }], [{ path: '/x', contentSha256: digest }]), ['/y']);
  t.end();
});

t.test('what has no bytes stays open, whatever stands among what was acknowledged', (t) => {
  const { contentSha256: _, ...bare } = problem;
  t.strictSame(open([bare], [{ path: '/x', contentSha256: undefined }]), ['/x']);
  t.end();
});

t.test('without an inventory there is nothing to acknowledge', (t) => {
  t.strictSame(openProblems(aView({ inventory: undefined })), []);
  t.end();
});
