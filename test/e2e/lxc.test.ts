import t from 'tap';
import { lxcHand } from '../engines/hand-lxc.ts';
import { offers } from '../engines/need.ts';
import { mainJob } from './engine.ts';

t.setTimeout(600_000);

t.test('the main job over LXC', async (t) => {
  if (!offers(t, 'lxc')) return;
  // There is no daemon that could be down.
  await mainJob(t, { h1: await lxcHand(t), h2: await lxcHand(t) }, [['hang', 'resume']]);
});
