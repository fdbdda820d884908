// The kit over every store with Podman's service, through its compatible API.
import t from 'tap';
import { bringUpPodman } from '../../engines/docker.ts';
import { PairGround } from '../../engines/ground.ts';
import { DockerHand } from '../../engines/hand-docker.ts';
import { offers } from '../../engines/need.ts';
import { allConform } from '../../engines/pairs.ts';
import { allStores } from '../../engines/stores.ts';

t.setTimeout(600_000);

t.test('Podman', async (t) => {
  if (!offers(t, 'podman')) return;
  const engine = await bringUpPodman(t);
  const grounds = allStores(t.testdir()).map((store) => {
    // A store that reads labels, and a runtime that reads another field.
    const byLabels = store.name === 'labels';
    const identity = byLabels
      ? ({ from: 'environment', variable: 'SERVO_UID' } as const)
      : ({ from: 'label', label: 'servo.uid' } as const);
    const hand = new DockerHand(t, engine, { scope: store.name, identity });
    return { ground: new PairGround(store, hand), notOffered: byLabels ? ['no-record'] : [] };
  });
  await allConform(t, grounds, { many: 10, patienceMs: 60_000 });
});
