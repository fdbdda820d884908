// The kit over every store with containerd.
import t from 'tap';
import { bringUpContainerd } from '../../engines/containerd.ts';
import { PairGround } from '../../engines/ground.ts';
import { ContainerdHand, uidLabel } from '../../engines/hand-containerd.ts';
import { offers } from '../../engines/need.ts';
import { allConform } from '../../engines/pairs.ts';
import { allStores } from '../../engines/stores.ts';

t.setTimeout(400_000);

t.test('containerd', async (t) => {
  if (!offers(t, 'containerd')) return;
  const engine = await bringUpContainerd(t);
  const grounds = await Promise.all(
    allStores(t.testdir()).map(async (store) => {
      // A store that reads labels, and a runtime that reads another field.
      const byLabels = store.name === 'labels';
      const identity = byLabels
        ? ({ from: 'environment', variable: 'SERVO_UID' } as const)
        : ({ from: 'label', label: uidLabel } as const);
      const hand = await ContainerdHand.make(t, engine, store.name, identity);
      return { ground: new PairGround(store, hand), notOffered: byLabels ? ['no-record'] : [] };
    }),
  );
  await allConform(t, grounds, { many: 10, patienceMs: 60_000 });
});
