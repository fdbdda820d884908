// The kit over every store with LXC guests; manifest-directory over LXC is the previous generation.
import t from 'tap';
import { lxcHand } from '../../engines/hand-lxc.ts';
import { PairGround } from '../../engines/ground.ts';
import { offers } from '../../engines/need.ts';
import { allConform } from '../../engines/pairs.ts';
import { allStores } from '../../engines/stores.ts';

t.setTimeout(180_000);

/** LXC is tools and files: there is no daemon that could go. */
const noDaemon = ['engine-gone', 'engine-restarts'];

t.test('LXC', async (t) => {
  if (!offers(t, 'lxc')) return;
  const grounds = await Promise.all(
    allStores(t.testdir()).map(async (store) => ({
      ground: new PairGround(store, await lxcHand(t)),
      notOffered: store.name === 'labels' ? [...noDaemon, 'no-record'] : noDaemon,
    })),
  );
  // A thousand guests: test/agent/scan/runtime/lxc/lxc.test.ts.
  await allConform(t, grounds, { many: 10 });
});
