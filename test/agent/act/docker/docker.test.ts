import t from 'tap';
import { bringUpDocker } from '../../../engines/docker.ts';
import { offers } from '../../../engines/need.ts';
import { troubles } from './trouble.ts';

t.setTimeout(400_000);

t.test('Docker', async (t) => {
  if (offers(t, 'docker')) await troubles(t, await bringUpDocker(t));
});
