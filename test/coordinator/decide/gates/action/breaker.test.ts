import t from 'tap';
import { planCell } from '../../../../../coordinator/src/decide/plan.ts';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import {
  ago,
  aCharge,
  aContext,
  anOrphan,
  aRelease,
  cell,
  day,
  digest,
  generation,
  incarnation,
  minute,
  orphansOnHosts,
  readerVersion,
} from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';

// Small enough that the counts, not the shares, are the limits: host, generation, reader, cell 3; fleet 5.
const small = { population: new Map<string, number>() };
const roomy = {
  policy: { ...aContext().policy, budgetGeneration: 100, budgetCellCount: 1000, budgetFleet: 1000 },
};

t.test('three at once pass, the fourth voids the whole cohort', (t) => {
  t.equal(planCell(cell, orphansOnHosts(3), aContext({}, small)).entries.length, 3);
  const plan = planCell(cell, orphansOnHosts(4), aContext({}, small));
  t.equal(plan.entries.length, 0, 'not even three of them');
  const names = plan.openings.map((o) => o.cohort).toSorted();
  t.strictSame(names, ['cell:c1', `generation:c1:${generation}`, `reader:c1:${readerVersion}`]);
  t.equal(plan.openings[0]?.members.length, 4);
  for (const { by } of plan.blocked) t.ok(by.includes('breaker'));
  t.end();
});

t.test('stops of the last day count as well as orphans', (t) => {
  const stops = [1, 2].map((n) =>
    aCharge({ uid: parseId('servo uid', `gone-${n}`), atMs: ago(day - minute).waitMs }),
  );
  t.equal(planCell(cell, orphansOnHosts(2), aContext({ charges: stops }, small)).openings.length > 0, true);
  const older = stops.map((s) => ({ ...s, atMs: ago(day + minute).waitMs }));
  t.equal(planCell(cell, orphansOnHosts(2), aContext({ charges: older }, small)).openings.length, 0);
  t.end();
});

t.test(
  'an open breaker stays shut until a person closes it for an exact list, which then counts no more',
  (t) => {
    const breakers = [
      { cohort: 'cell:c1', since: ago(minute), message: '4 of 10', members: [], hash: digest },
    ];
    answers(t, askGate('breaker', aContext()), 'pass', /none of its/);
    answers(t, askGate('breaker', aContext({ breakers })), 'refuse', /breaker cell:c1 is open: 4 of 10/);
    aloneBlocks(t, 'breaker', aContext({ breakers }));
    const orphans = orphansOnHosts(4);
    const cohorts = ['cell:c1', `generation:c1:${generation}`, `reader:c1:${readerVersion}`];
    const exemptions = cohorts.flatMap((cohort) =>
      orphans.map((o) => ({ cohort, uid: o.evidence.uid, incarnation })),
    );
    t.equal(planCell(cell, orphans, aContext({ exemptions }, { ...small, ...roomy })).entries.length, 4);
    t.equal(
      planCell(cell, orphansOnHosts(8), aContext({ exemptions }, { ...small, ...roomy })).entries.length,
      0,
      'four new ones are too many again',
    );
    t.end();
  },
);

t.test('a project without a tombstone of its own may lose three', (t) => {
  const big = {
    population: new Map([
      ['fleet', 9000],
      ['cell:c1', 9000],
      [`generation:c1:${generation}`, 9000],
      [`reader:c1:${readerVersion}`, 9000],
    ]),
  };
  const unreleased = orphansOnHosts(4).map((j) => ({
    ...j,
    evidence: {
      ...j.evidence,
      release:
        j.evidence.release === undefined ? undefined : { ...j.evidence.release, projectReleased: false },
    },
  }));
  const plan = planCell(cell, unreleased, aContext({}, { ...big, ...roomy }));
  t.strictSame(
    plan.openings.map((o) => o.cohort),
    ['project:p1'],
  );
  t.equal(plan.entries.length, 0);
  t.equal(
    planCell(cell, orphansOnHosts(4), aContext({}, { ...big, ...roomy })).entries.length,
    4,
    'a deleted project may lose all',
  );
  t.end();
});

t.test('a servo without a release of its whole project stands in its project’s cohort, too', (t) => {
  const breakers = [
    { cohort: 'project:p1', since: ago(minute), message: '4 of p1', members: [], hash: digest },
  ];
  for (const release of [undefined, aRelease({ projectReleased: false })])
    answers(
      t,
      askGate('breaker', aContext({ breakers }), anOrphan({ release })),
      'refuse',
      /breaker project:p1 is open/,
    );
  answers(t, askGate('breaker', aContext({ breakers })), 'pass', /none of its 5 cohorts/);
  t.end();
});
