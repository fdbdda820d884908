import t from 'tap';
import { View } from '../../../agent/src/act/view.ts';
import { Scanner } from '../../../agent/src/act/scanner.ts';
import type { Runtime } from '../../../agent/src/scan/runtime/port.ts';
import type { Store } from '../../../agent/src/scan/store/port.ts';
import { nowAt } from '../support/orders.ts';

/** A runtime whose readings end when the test says so. */
function slow() {
  const waiting: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const runtime: Runtime = {
    name: 'process',
    identityField: 'env:A',
    labelKind: 'env',
    mapping: {},
    lock: 'l',
    async list() {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => waiting.push(resolve));
      running--;
      return { objects: [], problems: [] };
    },
    conform: () => Promise.resolve([]),
  };
  const store: Store = {
    name: 'sqlite',
    identityLabel: undefined,
    mapping: {},
    lock: () => Promise.resolve(undefined),
    read: () => Promise.resolve({ records: [], problems: [] }),
    conform: () => Promise.resolve([]),
  };
  let ms = 0;
  const scanner = new Scanner({
    runtime,
    store,
    view: new View(),
    clock: { now: () => nowAt(ms++) },
    limits: { activity: { windowMs: 1, quietCpuPermille: 1, quietBytesPerS: 200 }, maxScanMs: 60_000 },
  });
  const finish = async () => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.();
  };
  return { scanner, finish, most: () => most };
}

t.test('never two at once, and whoever asks gets one that begins later', async (t) => {
  const { scanner, finish, most } = slow();
  const first = scanner.scan();
  const second = scanner.scan();
  const third = scanner.scan();
  t.equal(second, third, 'who asks meanwhile shares the next one');
  t.not(first, second);
  // The first one's caller asks again at once, in the same turn.
  const fourth = first.then(() => scanner.scan());
  await finish();
  await finish();
  const began = [(await first).began, (await second).began].map((now) => now.monoMs);
  t.ok((began[1] ?? 0) > (began[0] ?? 0));
  await finish();
  t.ok((await fourth).began.monoMs >= (began[1] ?? 0));
  t.equal(most(), 1);
});
