// Which quarantined servos are started again by themselves, and when that says that the auditor was wrong.
import t from 'tap';
import { identityDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId, type OrderId } from '@servo-auditor/proto/ids.ts';
import type { Case } from '../../../coordinator/src/domain/case.ts';
import type { Evidence, Voice } from '../../../coordinator/src/domain/evidence.ts';
import type { OperatorState } from '../../../coordinator/src/domain/operator.ts';
import type { Claim } from '../../../coordinator/src/domain/witness.ts';
import { restoresOf } from '../../../coordinator/src/round/restore.ts';
import {
  aCase,
  aCharge,
  aContext,
  aVoice,
  ago,
  anOrder,
  anOrphan,
  bootId,
  cell,
  epoch,
  generation,
  h1,
  h2,
  incarnation,
  minute,
  now,
  policy,
  registry,
  router,
  runtimeId,
  uid,
} from '../../support/build.ts';

interface Given {
  readonly cases?: readonly Case[];
  readonly claims?: readonly Claim[];
  readonly voices?: readonly Voice[];
  readonly state?: Partial<OperatorState>;
  readonly evidence?: Evidence | undefined;
  readonly elsewhere?: boolean;
}

function restores({ cases = [aCase('quarantined')], claims = [{ uid, host: h1 }], ...more }: Given) {
  const voices = more.voices ?? [aVoice(registry, { says: 'claims', claims }), aVoice(router)];
  const evidence = 'evidence' in more ? more.evidence : anOrphan({ state: 'quarantined', voices });
  let n = 0;
  return restoresOf(
    aContext({ cases, ...more.state }),
    { evidenceOf: () => evidence, runsElsewhere: () => more.elsewhere ?? false },
    { newOrderId: (): OrderId => parseId('order', `o-new-${++n}`) },
  );
}

t.test('claimed again: a start where it was', async (t) => {
  const { orders, wrong } = restores({});
  t.match(orders, [
    {
      id: 'o-new-1',
      action: 'start',
      state: 'open',
      epoch,
      host: h1,
      cell,
      generation,
      bootId,
      uid,
      incarnation,
      identity: identityDigest(generation, { uid, incarnation, runtimeId }),
      reason: 'claimed again',
      madeMs: now.waitMs,
      rounds: [],
    },
  ]);
  t.equal(orders.length, 1);
  t.strictSame(wrong, [], 'the claim is of no known version');
});

t.test('any witness may claim it, with or without a host', async (t) => {
  const by = (claims: readonly Claim[]) =>
    restores({ voices: [aVoice(registry), aVoice(router, { says: 'claims', claims })] }).orders.length;
  t.equal(by([{ uid, host: h1 }]), 1);
  t.equal(by([{ uid }]), 1);
  t.equal(
    by([
      { uid, host: h2 },
      { uid, host: h1 },
    ]),
    1,
  );
});

t.test('stays where it is', async (t) => {
  const stays: readonly (readonly [string, Given])[] = [
    ['nobody claims it', { claims: [] }],
    ['the claim names another host', { claims: [{ uid, host: h2 }] }],
    ['another host reports the uid', { elsewhere: true }],
    ['its host does not report it', { evidence: undefined }],
    [
      'an order for it is under way',
      { state: { openOrders: [anOrder({ action: 'start', state: 'open' })] } },
    ],
    ['an order for it is being closed', { state: { openOrders: [anOrder({ state: 'closing' })] } }],
    ['its agent refused lately', { cases: [aCase('quarantined', { notBeforeMs: now.waitMs + 1 })] }],
    ['it is not in quarantine', { cases: [aCase('ordered'), aCase('restored'), aCase('over')] }],
  ];
  for (const [name, given] of stays) t.strictSame(restores(given), { orders: [], wrong: [] }, name);
});

t.test('what no longer stands in the way', async (t) => {
  t.equal(restores({ cases: [aCase('quarantined', { notBeforeMs: now.waitMs })] }).orders.length, 1);
  t.equal(restores({ state: { openOrders: [anOrder({ state: 'closed' })] } }).orders.length, 1);
});

t.test('the budget: so many in a window, per cell', async (t) => {
  const c2 = parseId('cell', 'c2');
  const many = Array.from({ length: policy.restoreBudgetCell + 5 }, (_, i) =>
    aCase('quarantined', { uid: parseId('servo uid', `q${i}`) }),
  );
  t.equal(restores({ cases: many }).orders.length, policy.restoreBudgetCell);
  const charges = [
    aCharge({ action: 'start', atMs: ago(minute).waitMs }),
    aCharge({ action: 'start', atMs: ago(9 * minute).waitMs }),
    aCharge({ action: 'start', atMs: ago(10 * minute).waitMs }),
    aCharge({ action: 'start', cell: c2 }),
    aCharge({ action: 'stop' }),
  ];
  t.equal(
    restores({ cases: many, state: { charges } }).orders.length,
    policy.restoreBudgetCell - 2,
    'only this cell’s starts of this window count',
  );
  const elsewhere = aCase('quarantined', { uid: parseId('servo uid', 'other'), cell: c2 });
  t.equal(restores({ cases: [...many, elsewhere] }).orders.at(-1)?.uid, 'other', 'another cell has its own');
});

t.test('a claim that was there when the stop was decided: the auditor was wrong', async (t) => {
  const since = (version: number | undefined, decidedAtVersion: number | undefined = 5) =>
    restores({
      cases: [aCase('quarantined', { decidedAtVersion })],
      claims: [{ uid, host: h1, ...(version === undefined ? {} : { since: version }) }],
    });
  const { orders, wrong } = since(5);
  t.equal(orders.length, 1, 'restored all the same');
  t.strictSame(wrong, [
    {
      cohorts: ['host:h1', `generation:c1:${generation}`],
      member: { uid, incarnation, host: h1 },
      message: `${uid} was stopped on h1 at version 5, but its claim is of version 5: the auditor was wrong`,
    },
  ]);
  t.equal(since(4).wrong.length, 1);
  t.equal(since(6).wrong.length, 0, 'claimed after the decision');
  t.equal(since(undefined).wrong.length, 0);
  t.equal(
    restores({
      cases: [aCase('quarantined', { decidedAtVersion: undefined })],
      claims: [{ uid, host: h1, since: 1 }],
    }).wrong.length,
    0,
  );
});

t.test('another witness counts its own versions: they prove nothing here', async (t) => {
  const claimOf = (since: number) => [{ uid, host: h1, since }];
  const of = (byRegistry: readonly Claim[], byRouter: readonly Claim[]) =>
    restores({
      voices: [
        aVoice(router, { says: 'claims', claims: byRouter }),
        aVoice(registry, { says: byRegistry.length > 0 ? 'claims' : 'nothing', claims: byRegistry }),
      ],
    }).wrong.length;
  t.equal(of([], claimOf(1)), 0, 'the router is at version 70, whatever the authority’s is');
  t.equal(of(claimOf(4), claimOf(900)), 1, 'nor do they hide the authority’s');
});
