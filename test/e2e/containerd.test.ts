import t from 'tap';
import { restartLabel } from '../../agent/src/act/containerd/restart.ts';
import { bringUpContainerd } from '../engines/containerd.ts';
import { ContainerdHand } from '../engines/hand-containerd.ts';
import { offers } from '../engines/need.ts';
import { identities, mainJob, troublesOfDaemon } from './engine.ts';

t.setTimeout(600_000);

t.test('the main job over containerd', async (t) => {
  if (!offers(t, 'containerd')) return;
  const engine = await bringUpContainerd(t);
  const hands = {
    h1: await ContainerdHand.make(t, engine, 'h1', identities.h1),
    h2: await ContainerdHand.make(t, engine, 'h2', identities.h2),
  };
  await mainJob(t, hands, troublesOfDaemon, async (uid) => {
    const { labels } = await hands[uid.startsWith('h1') ? 'h1' : 'h2'].inspect(uid);
    t.notOk(labels[restartLabel], 'nothing starts it again');
  });
});
