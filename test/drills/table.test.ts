// Every incident measured: as the product is nothing in use is stopped, and without what refused it something would have been.
// The other files here try the incidents in detail; `npm run drills` runs all of it and prints a table.
import t from 'tap';
import { instrument } from '../ablation/build.ts';

t.setTimeout(600_000);
const ablation = instrument();
// The product must not be loaded before it is instrumented.
const { allIncidents, measure } = await import('./table/measure.ts');

for (const incident of allIncidents(ablation))
  t.test(incident.id, async (t) => {
    const { wrong, stopped, without, refusedBy } = await measure(incident, ablation);
    t.same(wrong, [], `${stopped} stopped, ${without} without ${refusedBy.join(', ')}`);
  });
