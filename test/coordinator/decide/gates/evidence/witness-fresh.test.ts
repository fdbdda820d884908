import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { render } from '../../../../../coordinator/src/domain/answer.ts';
import {
  snapshotLimitMs,
  witnessFresh,
} from '../../../../../coordinator/src/decide/gates/evidence/witness-fresh.ts';
import { ago, anOrphan, aRound, given, minute, policy, registry, router } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

const aged = (ms: number, tookMs: number, hasLookup = true) => ({
  ...router,
  hasLookup,
  accepted: { number: 91, startedAt: ago(ms), tookMs, version: 70, lineage: 'router-1', claims: 1000 },
});
const paired = [1, 2, 3].map((n) =>
  aRound(n, 3, {
    receivedAt: ago(60 * minute),
    snapshots: [registry, router].map((w) => ({
      witness: w.id,
      number: 80 + n,
      startedAt: ago(50 * minute),
      version: n,
    })),
  }),
);

t.test('limit: two minutes, or twice the reading, at most half an hour', (t) => {
  t.equal(snapshotLimitMs(1000, policy), 2 * minute);
  t.equal(snapshotLimitMs(5 * minute, policy), 10 * minute);
  t.equal(snapshotLimitMs(40 * minute, policy), 30 * minute);
  t.end();
});

t.test('one witness without a fresh snapshot is enough to refuse: a failing witness keeps its veto', (t) => {
  answers(
    t,
    witnessFresh(anOrphan(), given),
    'pass',
    /2 witness\(es\), the oldest accepted snapshot 6 s old/,
  );
  const stale = anOrphan({ witnesses: [registry, aged(2 * minute + 1, 200)], rounds: paired });
  answers(t, witnessFresh(stale, given), 'refuse', /router is 2 min old, more than 2 min/);
  const failing = anOrphan({
    witnesses: [registry, { ...aged(5 * minute, 200), failure: 'HTTP 500' }],
    rounds: paired,
  });
  answers(t, witnessFresh(failing, given), 'refuse', /router/);
  aloneRefuses(
    t,
    'witness-fresh',
    anOrphan({ witnesses: [registry, { ...router, accepted: undefined }] }),
    'suspect',
  );
  answers(t, witnessFresh(anOrphan({ witnesses: [] }), given), 'refuse', /no witness/);
  t.end();
});

t.test('a witness without a look-up needs an approval, however fresh it is', (t) => {
  answers(
    t,
    witnessFresh(anOrphan({ witnesses: [registry, aged(5 * minute, 4 * minute)], rounds: paired }), given),
    'pass',
    /5 min old/,
  );
  answers(
    t,
    witnessFresh(
      anOrphan({ witnesses: [registry, aged(5 * minute, 4 * minute, false)], rounds: paired }),
      given,
    ),
    'cap',
    /router offers no look-up/,
  );
  answers(
    t,
    witnessFresh(anOrphan({ witnesses: [registry, aged(minute, 200, false)], rounds: paired }), given),
    'cap',
    /router offers no look-up/,
  );
  t.end();
});

t.test('a snapshot that began before the observation it is paired with does not count', (t) => {
  const early = aRound(3, 3, {
    snapshots: [registry, router].map((w) => ({
      witness: w.id,
      number: 89,
      startedAt: ago(7_001),
      version: 1,
    })),
  });
  answers(t, witnessFresh(anOrphan({ rounds: [early] }), given), 'refuse', /began before the observation/);
  const missing = aRound(3, 3, { snapshots: [] });
  answers(t, witnessFresh(anOrphan({ rounds: [missing] }), given), 'refuse', /began before the observation/);
  t.end();
});

t.test('to the millisecond: at its limit a snapshot still counts', (t) => {
  const at = (ms: number, tookMs: number) =>
    witnessFresh(anOrphan({ witnesses: [registry, aged(ms, tookMs)], rounds: paired }), given);
  answers(t, at(2 * minute, 200), 'pass', /the oldest accepted snapshot 2 min old/);
  answers(t, at(8 * minute, 4 * minute), 'pass', /8 min old/);
  answers(t, at(8 * minute + 1, 4 * minute), 'refuse', /8 min old, more than 8 min/);
  t.end();
});

t.test('what lifts it is waiting, or mending the witness that fails', (t) => {
  const lifts = (failure: string | undefined) => {
    const witnesses = [registry, { ...router, accepted: undefined, failure }];
    const answer = witnessFresh(anOrphan({ witnesses }), given);
    return render(answer.lifts, answer.numbers);
  };
  t.equal(lifts(undefined), 'waits for the next reading of router; nothing to do');
  t.equal(lifts('HTTP 500'), 'mend the witness router (HTTP 500); see: servoctl witnesses list');
  t.equal(
    witnessFresh(anOrphan({ witnesses: [{ ...registry, accepted: undefined }] }), given).numbers['failure'],
    '',
  );
  t.end();
});

t.test('a snapshot is paired by its own witness, by its number, and within one boot', (t) => {
  const round = aRound(3, 3);
  const [ofRegistry, ofRouter] = round.snapshots;
  if (ofRegistry === undefined || ofRouter === undefined) throw new Error('no snapshots');
  const judged = (snapshots: typeof round.snapshots, more = {}) =>
    witnessFresh(anOrphan({ rounds: [{ ...round, ...more, snapshots }] }), given);
  answers(t, judged([ofRegistry, ofRouter]), 'pass', /2 witness/);
  answers(t, judged([ofRegistry]), 'refuse', /snapshot of router began before/);
  answers(t, judged([ofRegistry, { ...ofRouter, startedAt: ago(8_000) }]), 'refuse', /snapshot of router/);
  answers(t, judged([{ ...ofRegistry, startedAt: ago(8_000) }, ofRouter]), 'refuse', /snapshot of registry/);
  answers(t, judged([ofRegistry, { ...ofRouter, number: 92 }]), 'refuse', /snapshot of router/);
  const elsewhere = { ...ofRouter, startedAt: { ...ofRouter.startedAt, bootId: parseId('boot', 'boot-x') } };
  answers(t, judged([ofRegistry, elsewhere]), 'refuse', /snapshot of router/);
  answers(t, judged([ofRegistry, { ...ofRouter, startedAt: round.receivedAt }]), 'pass', /2 witness/);
  t.end();
});
