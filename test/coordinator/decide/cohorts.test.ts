import t from 'tap';
import {
  breakerCohorts,
  breakerLimit,
  budgetCohorts,
  budgetLimit,
} from '../../../coordinator/src/decide/cohorts.ts';
import { placeOf } from '../../../coordinator/src/decide/tally.ts';
import { anOrphan, generation, policy, readerVersion } from '../../support/build.ts';

const place = placeOf(anOrphan());

t.test('the cohorts of a servo, the smallest first', (t) => {
  const budgets = ['host:h1', `generation:c1:${generation}`, 'cell:c1', 'fleet'];
  t.strictSame(budgetCohorts(place), budgets);
  const breakers = [
    'host:h1',
    `generation:c1:${generation}`,
    `reader:c1:${readerVersion}`,
    'cell:c1',
    'fleet',
  ];
  t.strictSame(breakerCohorts(place, true), breakers);
  t.strictSame(breakerCohorts(place, false), [...breakers, 'project:p1']);
  t.strictSame(
    breakerCohorts({ ...place, project: undefined }, false),
    breakers,
    'a servo without a project',
  );
  t.end();
});

t.test('breakers: a count, or a share of what is there, whichever is more', (t) => {
  const limits = (name: string) => [0, 20, 1000].map((population) => breakerLimit(name, population, policy));
  t.strictSame(limits('host:h1'), [3, 4, 200]);
  for (const name of ['generation:c1:x/y', 'reader:c1:x', 'cell:c1'])
    t.strictSame(limits(name), [3, 3, 50], name);
  t.strictSame(limits('fleet'), [5, 5, 10]);
  t.strictSame(limits('project:p1'), [3, 3, 3]);
  t.end();
});

t.test('budgets', (t) => {
  const limits = (name: string) =>
    [0, 20, 100_000].map((population) => budgetLimit(name, population, policy));
  t.strictSame(limits('host:h1'), [1, 1, 1]);
  t.strictSame(limits('generation:c1:x/y'), [5, 5, 5]);
  t.strictSame(limits('cell:c1'), [10, 10, 50]);
  t.strictSame(limits('fleet'), [50, 50, 50]);
  for (const name of ['reader:c1:x', 'project:p1'])
    t.throws(() => budgetLimit(name, 1, policy), { message: `${name} has no budget` });
  t.end();
});
