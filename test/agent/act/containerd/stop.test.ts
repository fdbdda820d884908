import t from 'tap';
import { signalOf } from '../../../../agent/src/act/containerd/stop.ts';

t.test('a container ends by what its image names, else by SIGTERM', async (t) => {
  const of = (signal: string) => signalOf({ 'io.containerd.image.config.stop-signal': signal });
  t.equal(signalOf({}), 15);
  t.strictSame(
    ['SIGQUIT', 'QUIT', '3', '37', 'SIGNONSENSE', '0', '65', '-1', '', '3x', 'constructor'].map(of),
    [3, 3, 3, 37, 15, 15, 15, 15, 15, 15, 15],
  );
});
