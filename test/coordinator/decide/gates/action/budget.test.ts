import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { render } from '../../../../../coordinator/src/domain/answer.ts';
import { judge } from '../../../../../coordinator/src/decide/verdict.ts';
import { planCell } from '../../../../../coordinator/src/decide/plan.ts';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import {
  ago,
  aCase,
  aCharge,
  aContext,
  anOrder,
  anOrphan,
  aRelease,
  cell,
  generation,
  given,
  h1,
  h2,
  hour,
  minute,
  now,
  orphansOnHosts,
  otherUid,
} from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';

t.test('one stop per host in ten minutes', (t) => {
  answers(t, askGate('budget', aContext()), 'pass', /room for one more/);
  answers(
    t,
    askGate('budget', aContext({ charges: [aCharge()] })),
    'refuse',
    /host:h1 has used 1 of 1 stops per 10 min/,
  );
  aloneBlocks(t, 'budget', aContext({ charges: [aCharge()] }));
  answers(
    t,
    askGate('budget', aContext({ charges: [aCharge({ atMs: ago(10 * minute).waitMs })] })),
    'pass',
    /room/,
  );
  t.end();
});

t.test('an order without a yes counts like a stop, and bars another for the same uid', (t) => {
  const other = anOrder({ uid: otherUid, host: h1 });
  answers(t, askGate('budget', aContext({ openOrders: [other] })), 'refuse', /host:h1 has used 1 of 1/);
  answers(
    t,
    askGate('budget', aContext({ openOrders: [anOrder({ host: h2 })] })),
    'refuse',
    /order o-1 for this uid is not closed yet \(open\)/,
  );
  t.end();
});

t.test('an order that is charged already is not counted twice', (t) => {
  const order = anOrder({ uid: otherUid, host: h2, state: 'possible' });
  const five = { ...aContext().policy, budgetGeneration: 2 };
  const context = aContext(
    { openOrders: [order], charges: [aCharge({ order: order.id, host: h2 })] },
    { policy: five },
  );
  answers(t, askGate('budget', context), 'pass', /room/);
  t.end();
});

t.test('after its agent refused, it waits; what is in quarantine is not stopped twice', (t) => {
  const refused = aCase('orphan', { message: 'not quiet', notBeforeMs: now.waitMs + 5 * minute });
  answers(
    t,
    askGate('budget', aContext({ cases: [refused] })),
    'refuse',
    /refused the last order: not quiet/,
  );
  answers(
    t,
    askGate('budget', aContext({ cases: [{ ...refused, notBeforeMs: now.waitMs }] })),
    'pass',
    /room/,
  );
  answers(
    t,
    askGate('budget', aContext({ cases: [aCase('quarantined')] })),
    'refuse',
    /stopped already, by order o-9/,
  );
  aloneBlocks(t, 'budget', aContext({ cases: [aCase('quarantined')] }));
  t.end();
});

t.test('the oldest pass, the rest waits, listed', (t) => {
  const orphans = orphansOnHosts(7).map((j, i) => ({
    ...j,
    evidence: {
      ...j.evidence,
      release: aRelease({ uid: j.evidence.uid, firstReadMs: ago(hour + i * minute).waitMs }),
    },
  }));
  const population = new Map([
    ['cell:c1', 9000],
    [`generation:c1:${generation}`, 9000],
    ['fleet', 9000],
    [`reader:c1:${'a'.repeat(64)}`, 9000],
  ]);
  const plan = planCell(cell, orphans, aContext({}, { population }));
  t.strictSame(
    plan.entries.map((e) => e.evidence.uid),
    [7, 6, 5, 4, 3].map((n) => `servo-00${n}`),
    'five of a generation, the oldest',
  );
  t.strictSame(
    plan.blocked.map((b) => b.by),
    [['budget'], ['budget']],
  );
  t.end();
});

t.test('a charge of a start is no stop', (t) => {
  answers(
    t,
    askGate('budget', aContext({ charges: [aCharge({ action: 'start', order: parseId('order', 's-1') })] })),
    'pass',
    /room/,
  );
  t.end();
});

t.test('what it says of an order and of a refusal', (t) => {
  const unnamed = aCase('quarantined', { order: undefined });
  answers(t, askGate('budget', aContext({ cases: [unnamed] })), 'refuse', /by order unknown$/);
  const refused = aCase('orphan', { message: 'no', notBeforeMs: now.waitMs + 5 * minute });
  const answer = askGate('budget', aContext({ cases: [refused] }));
  t.match(answer.numbers, { inMs: 5 * minute });
  t.end();
});

t.test('the younger copy of a uid says which one it waits for', (t) => {
  const on = (host: typeof h1, inc: string, ms: number) =>
    judge(
      anOrphan(
        { incarnation: parseId('incarnation', inc), release: aRelease({ firstReadMs: ago(ms).waitMs }) },
        { id: host },
      ),
      given,
    );
  const plan = planCell(cell, [on(h1, 'inc-1', 3 * hour), on(h2, 'inc-2', 2 * hour)], aContext());
  const answer = plan.blocked[0]?.row.budget;
  if (answer === undefined) throw new Error('nothing was blocked');
  answers(t, answer, 'refuse', /^another copy of servo-1, on h1, is stopped first$/);
  t.equal(render(answer.lifts, answer.numbers), 'waits for the receipt from h1');
  t.end();
});
