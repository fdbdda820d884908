// The kit over every store with Docker Engine.
import t from 'tap';
import { conformsOverEvery } from '../../engines/conform-docker.ts';
import { bringUpDocker } from '../../engines/docker.ts';
import { offers } from '../../engines/need.ts';

t.setTimeout(600_000);

t.test('Docker Engine', async (t) => {
  if (offers(t, 'docker')) await conformsOverEvery(t, await bringUpDocker(t));
});
