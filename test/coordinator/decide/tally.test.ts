import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { atOnce } from '../../../coordinator/src/decide/steps.ts';
import { actionable, breakersInSteps, BudgetBook, placeOf } from '../../../coordinator/src/decide/tally.ts';
import { judge } from '../../../coordinator/src/decide/verdict.ts';
import {
  ago,
  aCharge,
  aContext,
  anOrder,
  anOrphan,
  aRelease,
  day,
  generation,
  given,
  h1,
  h2,
  incarnation,
  orphansOnHosts,
  otherUid,
  project,
} from '../../support/build.ts';

const small = { population: new Map<string, number>() };
const openings = (...args: Parameters<typeof breakersInSteps>) => atOnce(breakersInSteps(...args));
const budgetOf = (...args: Parameters<typeof aContext>) =>
  new BudgetBook(aContext(...args)).full(placeOf(anOrphan()));

t.test('a servo belongs to the project that its release names, else to the one that the host notes', (t) => {
  const named = parseId('project', 'p-registry');
  t.equal(placeOf(anOrphan({ release: aRelease({ project: named }) })).project, named);
  t.equal(placeOf(anOrphan({ release: aRelease({ project: undefined }) })).project, project);
  t.equal(placeOf(anOrphan({ release: undefined })).project, project);
  t.end();
});

t.test('only running orphans can be stopped', (t) => {
  const judged = [anOrphan(), anOrphan({ state: 'quarantined' }), anOrphan({ activity: 'active' })].map((e) =>
    judge(e, given),
  );
  t.equal(actionable(judged).length, 1);
  t.end();
});

t.test('a breaker says how many of how many, and lists them by uid', (t) => {
  const orphans = orphansOnHosts(4);
  for (const order of [
    orphans,
    orphans.toReversed(),
    [orphans[1], orphans[3], orphans[0], orphans[2]].flatMap((o) => o ?? []),
  ]) {
    const found = openings(order, aContext({}, { population: new Map([['cell:c1', 9]]) })).find(
      (o) => o.cohort === 'cell:c1',
    );
    t.equal(found?.message, '4 orphans and stops among 9 servos of cell:c1, more than 3');
    t.strictSame(
      found?.members.map((m) => m.uid),
      ['servo-001', 'servo-002', 'servo-003', 'servo-004'],
    );
    t.strictSame(found?.members[0], {
      uid: 'servo-001',
      incarnation,
      host: orphans[0]?.evidence.host.view.id,
    });
  }
  t.end();
});

t.test('a project of which nothing was released counts for its breaker', (t) => {
  const unreleased = orphansOnHosts(4).map((j) => ({
    ...j,
    evidence: { ...j.evidence, release: undefined },
  }));
  t.ok(openings(unreleased, aContext({}, small)).some((o) => o.cohort === `project:${project}`));
  t.notOk(openings(orphansOnHosts(4), aContext({}, small)).some((o) => o.cohort === `project:${project}`));
  t.end();
});

t.test('of charges, only stops within the window count, each servo once', (t) => {
  const cohorts = (more: Parameters<typeof aCharge>[0], count = 4) => {
    const charges = Array.from({ length: count }, (_, i) =>
      aCharge({ uid: parseId('servo uid', `gone-${i}`), host: h2, ...more }),
    );
    return openings([], aContext({ charges }, small)).map((o) => o.cohort);
  };
  const some = ['host:h2', `generation:c1:${generation}`, `reader:c1:${'a'.repeat(64)}`, 'cell:c1'];
  t.strictSame(cohorts({}), some);
  t.strictSame(cohorts({ action: 'start' }), [], 'a start is no stop');
  t.strictSame(cohorts({ atMs: ago(day).waitMs }), [], 'a day ago');
  t.strictSame(cohorts({ atMs: ago(day).waitMs + 1 }), some, 'a moment less');
  t.strictSame(cohorts({ uid: otherUid }), [], 'one servo, however often');
  t.strictSame(cohorts({ projectReleased: false }), [...some, `project:${project}`]);
  t.end();
});

t.test('what was exempted counts no more in its cohort, and still does in others', (t) => {
  const exemptions = orphansOnHosts(4).map((o) => ({ cohort: 'cell:c1', uid: o.evidence.uid, incarnation }));
  const found = openings(orphansOnHosts(4), aContext({ exemptions }, small)).map((o) => o.cohort);
  t.notOk(found.includes('cell:c1'));
  t.ok(found.includes(`generation:c1:${generation}`));
  t.end();
});

t.test('a budget is used by stops in the window and by orders that may still get their yes', (t) => {
  const full = { cohort: 'host:h1', used: 1, limit: 1 };
  t.equal(budgetOf(), undefined);
  t.strictSame(budgetOf({ charges: [aCharge()] }), full);
  t.equal(budgetOf({ charges: [aCharge({ action: 'start' })] }), undefined);
  t.equal(budgetOf({ charges: [aCharge({ atMs: ago(10 * 60_000).waitMs })] }), undefined);
  t.strictSame(budgetOf({ charges: [aCharge({ atMs: ago(10 * 60_000).waitMs + 1 })] }), full);
  const order = anOrder({ uid: otherUid, host: h1 });
  t.strictSame(budgetOf({ openOrders: [order] }), full);
  t.equal(budgetOf({ openOrders: [{ ...order, action: 'start' }] }), undefined);
  t.equal(budgetOf({ openOrders: [{ ...order, state: 'closed' }] }), undefined);
  const longAgo = aCharge({ order: order.id, atMs: ago(day).waitMs });
  t.equal(budgetOf({ openOrders: [order], charges: [longAgo] }), undefined, 'it was charged in its own time');
  t.end();
});

t.test('what a plan takes counts at once', (t) => {
  const book = new BudgetBook(aContext());
  const place = placeOf(anOrphan());
  book.take(place);
  t.strictSame(book.full(place), { cohort: 'host:h1', used: 1, limit: 1 });
  for (let n = 2; n <= 5; n++) book.take({ ...place, host: parseId('host', `x${n}`) });
  t.strictSame(book.full({ ...place, host: h2 }), {
    cohort: `generation:c1:${generation}`,
    used: 5,
    limit: 5,
  });
  t.end();
});
