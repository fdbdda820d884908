import t from 'tap';
import * as fc from 'fast-check';
import { planCell } from '../../../coordinator/src/decide/plan.ts';
import { budgetCohorts, budgetLimit } from '../../../coordinator/src/decide/cohorts.ts';
import { placeOf } from '../../../coordinator/src/decide/tally.ts';
import { judge } from '../../../coordinator/src/decide/verdict.ts';
import { render } from '../../../coordinator/src/domain/answer.ts';
import { modeKey } from '../../../coordinator/src/domain/operator.ts';
import {
  aCase,
  ago,
  aCharge,
  aContext,
  anOrder,
  anOrphan,
  aRelease,
  cell,
  generation,
  given,
  hour,
  incarnation,
  minute,
  operator,
  orphansOnHosts,
  uid,
} from '../../support/build.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';

t.test('an orphan that everything lets pass becomes an entry with its rounds', (t) => {
  const plan = planCell(cell, [judge(anOrphan(), given)], aContext());
  t.strictSame(
    plan.entries.map((e) => [e.evidence.uid, e.rounds.length, e.approved]),
    [[uid, 3, false]],
  );
  t.strictSame([plan.blocked, plan.proposals, plan.openings, plan.paused], [[], [], [], []]);
  t.end();
});

t.test('only running orphans of this cell are planned', (t) => {
  const other = judge(anOrphan({}, { cell: parseId('cell', 'c2') }), given);
  const quarantined = judge(anOrphan({ state: 'quarantined' }), given);
  const suspect = judge(anOrphan({ activity: 'active' }), given);
  const plan = planCell(cell, [other, quarantined, suspect], aContext());
  t.strictSame([plan.entries, plan.blocked], [[], []]);
  t.end();
});

t.test('what waits for nothing but an approval is proposed, sorted', (t) => {
  const modes = new Map([[modeKey(cell, generation), 'propose' as const]]);
  const plan = planCell(cell, orphansOnHosts(3).toReversed(), aContext({ modes }));
  t.strictSame(
    plan.proposals.map((p) => p.uid),
    ['servo-001', 'servo-002', 'servo-003'],
  );
  t.strictSame(
    planCell(cell, orphansOnHosts(3), aContext({ modes: new Map() })).proposals,
    [],
    'nothing in observe',
  );
  const frozen = aContext({ modes, freeze: { by: operator, reason: 'x', since: ago(1) } });
  t.strictSame(planCell(cell, orphansOnHosts(3), frozen).proposals, [], 'an approval would not help');
  t.end();
});

t.test('an approval that only a budget holds back is paused', (t) => {
  const modes = new Map([[modeKey(cell, generation), 'propose' as const]]);
  const approvals = [{ uid, incarnation, by: operator, reason: 'seen', at: ago(minute), pausedMs: 0 }];
  const plan = planCell(
    cell,
    [judge(anOrphan(), given)],
    aContext({ modes, approvals, charges: [aCharge()] }),
  );
  t.strictSame(plan.paused, [{ uid, incarnation }]);
  t.end();
});

t.test('one whose agent refused the last order does not hold up the others of its host', (t) => {
  const [first, second] = ['servo-1', 'servo-2'].map((id) => {
    const of = { uid: parseId('servo uid', id) };
    return judge(anOrphan(of), given);
  });
  if (first === undefined || second === undefined) throw new Error('two orphans are wanted');
  const entries = (notBeforeMs: number | undefined) =>
    planCell(
      cell,
      [first, second],
      aContext({ cases: [aCase('orphan', { uid: first.evidence.uid, notBeforeMs })] }),
    ).entries.map((e) => e.evidence.uid);
  t.strictSame(entries(undefined), ['servo-1'], 'the host has room for one');
  t.strictSame(entries(given.now.waitMs - 1), ['servo-2'], 'also when it could be ordered again');
  t.end();
});

t.test('of two copies of a uid one is stopped first; together they would void the plan', (t) => {
  const copies = orphansOnHosts(2, { uid });
  const plan = planCell(cell, copies, aContext());
  t.strictSame(
    plan.entries.map((e) => e.evidence.host.view.id),
    ['h1'],
  );
  t.match(
    plan.blocked.map((b) => [b.by, render(b.row.budget.says, b.row.budget.numbers)]),
    [[['budget'], /another copy of .*, on h1, is stopped first/]],
  );
  t.end();
});

t.test('whatever happened before, a plan never takes a cohort over its budget', (t) => {
  const arbitrary = fc.record({
    orphans: fc.integer({ min: 0, max: 30 }),
    hosts: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }),
    population: fc.integer({ min: 0, max: 40_000 }),
  });
  fc.assert(
    fc.property(arbitrary, ({ orphans, hosts, population }) => {
      const charges = hosts.map((n, i) =>
        aCharge({
          host: parseId('host', `h${n}`),
          order: parseId('order', `x${i}`),
          uid: parseId('servo uid', `gone${i}`),
        }),
      );
      const names = ['fleet', 'cell:c1', `generation:c1:${generation}`, `reader:c1:${'a'.repeat(64)}`];
      const context = aContext({ charges }, { population: new Map(names.map((n) => [n, population])) });
      const plan = planCell(cell, orphansOnHosts(orphans), context);
      const used = new Map<string, number>();
      for (const place of plan.entries.map((e) => placeOf(e.evidence)))
        for (const cohort of budgetCohorts(place)) used.set(cohort, (used.get(cohort) ?? 0) + 1);
      for (const [cohort, taken] of used) {
        const before = charges.filter((c) => budgetCohorts(c).includes(cohort)).length;
        const limit = budgetLimit(cohort, context.population.get(cohort) ?? 0, context.policy);
        if (before + taken > limit) throw new Error(`${cohort}: ${before} + ${taken} > ${limit}`);
      }
      return plan.entries.length + plan.blocked.length === orphans;
    }),
  );
  t.end();
});

t.test(
  'what waits for approval and for its turn is proposed; what an approval would not help is not',
  (t) => {
    const modes = new Map([[modeKey(cell, generation), 'propose' as const]]);
    const orphans = [judge(anOrphan(), given)];
    const proposed = (more: Parameters<typeof aContext>[0]) =>
      planCell(cell, orphans, aContext({ modes, ...more })).proposals.map((p) => p.uid);
    t.strictSame(proposed({ charges: [aCharge()] }), [uid], 'its turn comes');
    t.strictSame(proposed({ tracks: [] }), [], 'its reader is not certified');
    const approvals = [{ uid, incarnation, by: operator, reason: 'seen', at: ago(minute), pausedMs: 0 }];
    t.strictSame(proposed({ approvals, charges: [aCharge()] }), [], 'it is approved already');
    t.end();
  },
);

t.test('an approval is paused by nothing but a budget, and only an approval is', (t) => {
  const modes = new Map([[modeKey(cell, generation), 'propose' as const]]);
  const approvals = [{ uid, incarnation, by: operator, reason: 'seen', at: ago(minute), pausedMs: 0 }];
  const orphans = [judge(anOrphan(), given)];
  const paused = (more: Parameters<typeof aContext>[0]) => planCell(cell, orphans, aContext(more)).paused;
  const charges = [aCharge()];
  const freeze = { by: operator, reason: 'x', since: ago(1) };
  t.strictSame(paused({ modes, approvals, charges }), [{ uid, incarnation }]);
  t.strictSame(paused({ modes, approvals, charges, freeze }), [], 'the freeze holds it back, too');
  t.strictSame(paused({ modes, approvals, freeze }), []);
  t.strictSame(paused({ charges }), [], 'in enforce nobody approved it');
  t.end();
});

t.test('an order that is closed bars no other', (t) => {
  const closed = anOrder({ state: 'closed' });
  t.equal(planCell(cell, [judge(anOrphan(), given)], aContext({ openOrders: [closed] })).entries.length, 1);
  t.end();
});

t.test('the oldest come first, then by uid, then by incarnation; also where two copies bear one uid', (t) => {
  const of = (host: string, of: string, incarnationOf: string, firstReadMs: number) =>
    judge(
      anOrphan(
        {
          uid: parseId('servo uid', of),
          incarnation: parseId('incarnation', incarnationOf),
          release: aRelease({
            uid: parseId('servo uid', of),
            incarnation: parseId('incarnation', incarnationOf),
            firstReadMs,
          }),
        },
        { id: parseId('host', host) },
      ),
      given,
    );
  const older = ago(3 * hour).waitMs;
  const young = ago(2 * hour).waitMs;
  const orphans = [
    of('h4', 'b', 'i1', young),
    of('h3', 'a', 'i2', young),
    of('h2', 'a', 'i1', young),
    of('h5', 'z', 'i1', older),
  ];
  // The younger of two copies waits until what became of the other is known.
  const wanted = [
    ['z', 'i1'],
    ['a', 'i1'],
    ['b', 'i1'],
  ];
  const population = new Map(
    ['fleet', 'cell:c1', `generation:c1:${generation}`, `reader:c1:${'a'.repeat(64)}`].map((n) => [n, 9000]),
  );
  const names = (list: readonly { readonly uid: string; readonly incarnation: string }[]) =>
    list.map((e) => [e.uid, e.incarnation]);
  for (const order of [
    orphans,
    orphans.toReversed(),
    [orphans[2], orphans[0], orphans[3], orphans[1]].flatMap((o) => o ?? []),
  ]) {
    t.strictSame(
      names(planCell(cell, order, aContext({}, { population })).entries.map((e) => e.evidence)),
      wanted,
    );
    const modes = new Map([[modeKey(cell, generation), 'propose' as const]]);
    const { proposals } = planCell(cell, order, aContext({ modes }, { population }));
    t.strictSame(
      names(proposals),
      [
        ['a', 'i1'],
        ['a', 'i2'],
        ['b', 'i1'],
        ['z', 'i1'],
      ],
      'proposals by uid',
    );
  }
  t.end();
});
