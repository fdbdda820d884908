import * as fc from 'fast-check';
import t from 'tap';
import { Whereabouts } from '../../../coordinator/src/fold/whereabouts.ts';

t.test('a uid is where it was added and not removed', (t) => {
  const step = fc.record({ add: fc.boolean(), uid: fc.nat(3), host: fc.nat(4) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const whereabouts = new Whereabouts();
      const model = new Map<number, Set<number>>();
      for (const { add, uid, host } of steps) {
        const hosts = model.get(uid) ?? new Set();
        model.set(uid, hosts);
        if (add) {
          whereabouts.add(uid, host);
          hosts.add(host);
        } else {
          whereabouts.remove(uid, host);
          hosts.delete(host);
        }
        for (const [u, expected] of model) {
          const found = sorted(whereabouts.hostsOf(u));
          if (found !== sorted([...expected]))
            throw new Error(`${u}: ${found}, not ${sorted([...expected])}`);
        }
      }
    }),
  );
  t.strictSame(new Whereabouts().hostsOf(7), []);
  t.end();
});

function sorted(hosts: readonly number[]): string {
  return hosts.toSorted((a, b) => a - b).join();
}
