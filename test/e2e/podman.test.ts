import t from 'tap';
import { bringUpPodman } from '../engines/docker.ts';
import { offers } from '../engines/need.ts';
import { mainJob } from './engine.ts';

t.setTimeout(600_000);

t.test('the main job over Podman', async (t) => {
  if (offers(t, 'podman')) await mainJob(t, await bringUpPodman(t));
});
