import t from 'tap';
import { bringUpPodman } from '../../../engines/docker.ts';
import { offers } from '../../../engines/need.ts';
import { troubles } from './trouble.ts';

t.setTimeout(400_000);

t.test('Podman', async (t) => {
  if (offers(t, 'podman')) await troubles(t, await bringUpPodman(t));
});
