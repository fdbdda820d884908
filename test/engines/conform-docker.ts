// The kit over every store with an engine that speaks Docker's API.
import type { Test } from 'tap';
import { DockerHand } from './hand-docker.ts';
import { PairGround } from './ground.ts';
import { allConform } from './pairs.ts';
import { allStores } from './stores.ts';

export async function conformsOverEvery(
  t: Test,
  engine: ConstructorParameters<typeof DockerHand>[1],
): Promise<void> {
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
}
