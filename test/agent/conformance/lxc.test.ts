// The kit over every store with LXC guests; manifest-directory over LXC is the previous generation.
import t from 'tap';
import { lxcHand } from '../../engines/hand-lxc.ts';
import { PairGround } from '../../engines/ground.ts';
import { offers } from '../../engines/need.ts';
import { conforms } from '../../engines/pairs.ts';
import { allStores } from '../../engines/stores.ts';

t.setTimeout(180_000);

/** LXC is tools and files: there is no daemon that could go. */
const noDaemon = ['engine-gone', 'engine-restarts'];

for (const name of ['manifest-directory', 'sqlite', 'labels'])
  t.test(name, async (t) => {
    if (!offers(t, 'lxc')) return;
    const store = allStores(t.testdir()).find((s) => s.name === name);
    if (store === undefined) throw new Error(`no store ${name}`);
    const ground = new PairGround(store, await lxcHand(t));
    await conforms(t, ground, name === 'labels' ? [...noDaemon, 'no-record'] : noDaemon, { many: 20 });
  });
