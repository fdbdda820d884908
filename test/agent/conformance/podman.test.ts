// The kit over every store with Podman's service, through its compatible API.
import t from 'tap';
import { conformsOverEvery } from '../../engines/conform-docker.ts';
import { bringUpPodman } from '../../engines/docker.ts';
import { offers } from '../../engines/need.ts';

t.setTimeout(600_000);

t.test('Podman', async (t) => {
  if (offers(t, 'podman')) await conformsOverEvery(t, await bringUpPodman(t));
});
