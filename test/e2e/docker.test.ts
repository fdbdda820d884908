import t from 'tap';
import { bringUpDocker } from '../engines/docker.ts';
import { DockerHand } from '../engines/hand-docker.ts';
import { offers } from '../engines/need.ts';
import { identities, mainJob, troublesOfDaemon } from './engine.ts';

t.setTimeout(600_000);

t.test('the main job over Docker', async (t) => {
  if (!offers(t, 'docker')) return;
  const engine = await bringUpDocker(t);
  const hand = (scope: 'h1' | 'h2') => new DockerHand(t, engine, { scope, identity: identities[scope] });
  const hands = { h1: hand('h1'), h2: hand('h2') };
  await mainJob(t, hands, troublesOfDaemon, async (uid) => {
    const { HostConfig } = await hands[uid.startsWith('h1') ? 'h1' : 'h2'].inspect(uid);
    t.match(HostConfig.RestartPolicy, { Name: 'no' });
  });
});
