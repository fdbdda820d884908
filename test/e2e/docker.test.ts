import t from 'tap';
import { bringUpDocker } from '../engines/docker.ts';
import { offers } from '../engines/need.ts';
import { mainJob } from './engine.ts';

t.setTimeout(600_000);

t.test('the main job over Docker', async (t) => {
  if (offers(t, 'docker')) await mainJob(t, await bringUpDocker(t));
});
