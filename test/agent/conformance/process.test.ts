// The kit over every store with plain processes.
import t from 'tap';
import { allStores } from '../../engines/stores.ts';
import { PairGround } from '../../engines/ground.ts';
import { processHand } from '../../engines/hand-process.ts';
import { conforms } from '../../engines/pairs.ts';

t.setTimeout(400_000);

/** Plain processes have no engine, no address here, and nothing that would bring them back. */
const noEngine = [
  'stays-stopped',
  'not-stopped-after-all',
  'not-keepable',
  'address-taken',
  'start-fails',
  'engine-hangs',
  'engine-gone',
  'engine-restarts',
];

for (const name of ['manifest-directory', 'sqlite', 'labels'])
  t.test(name, async (t) => {
    const folder = t.testdir();
    const store = allStores(folder).find((s) => s.name === name);
    if (store === undefined) throw new Error(`no store ${name}`);
    const ground = new PairGround(store, processHand(t, folder));
    const kept = name === 'labels' ? ['no-record'] : [];
    await conforms(t, ground, [...noEngine, ...kept], {
      many: name === 'manifest-directory' ? 1000 : 50,
      patienceMs: 60_000,
      maxScanMs: 60_000,
    });
  });
