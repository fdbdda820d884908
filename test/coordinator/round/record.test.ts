// What a case keeps is enough to say later why, and small.
import t from 'tap';
import { judge } from '../../../coordinator/src/decide/verdict.ts';
import { planCell } from '../../../coordinator/src/decide/plan.ts';
import { actionGates, evidenceGates } from '../../../coordinator/src/domain/verdict.ts';
import { recordOf } from '../../../coordinator/src/round/record.ts';
import { aContext, anOrphan, aView, cell, given, uid } from '../../support/build.ts';

interface Record {
  readonly uid: string;
  readonly verdict: string;
  readonly host: { readonly id: string; readonly digest: string | null };
  readonly release: { readonly kind: string } | null;
  readonly voices: readonly { readonly says: string }[];
  readonly rounds: readonly { readonly heartbeat: number; readonly snapshots: readonly unknown[] }[];
  readonly evidenceGates:
    readonly { readonly gate: string; readonly outcome: string; readonly says: string }[] | null;
  readonly actionGates:
    readonly { readonly gate: string; readonly outcome: string; readonly says: string }[] | null;
}

t.test('an orphan on its way to an order', async (t) => {
  const judgement = judge(anOrphan(), given);
  const [entry] = planCell(cell, [judgement], aContext()).entries;
  const text = recordOf(judgement, entry?.row);
  const record = JSON.parse(text) as Record;
  t.match(record, { uid, verdict: 'orphan', host: { id: 'h1' }, release: { kind: 'tombstone' } });
  t.strictSame(
    record.voices.map((v) => v.says),
    ['released', 'released'],
  );
  t.strictSame(
    record.rounds.map((r) => [r.heartbeat, r.snapshots.length]),
    [
      [38, 2],
      [39, 2],
      [40, 2],
    ],
    'the rounds that the order cites',
  );
  t.strictSame(
    record.evidenceGates?.map((g) => g.gate),
    evidenceGates,
    'every gate, in its order',
  );
  t.strictSame(
    record.actionGates?.map((g) => g.gate),
    actionGates,
  );
  for (const { gate, outcome, says } of [...(record.evidenceGates ?? []), ...(record.actionGates ?? [])]) {
    t.equal(outcome, 'pass', gate);
    t.notMatch(says, /[{}]|undefined|NaN/, says);
  }
  t.ok(text.length < 8192, `${text.length} characters`);
});

t.test('a suspect on a host whose inventory is away', async (t) => {
  const view = aView({ inventory: undefined });
  const judgement = judge(anOrphan({ activity: 'active', release: undefined }, view), given);
  const record = JSON.parse(recordOf(judgement)) as Record;
  t.match(record, { host: { digest: null }, release: null, actionGates: null });
  t.ok(record.evidenceGates?.some((g) => g.gate === 'quiet' && g.outcome === 'refuse'));
});

t.test('the same evidence is the same text', async (t) => {
  t.equal(recordOf(judge(anOrphan(), given)), recordOf(judge(anOrphan(), given)));
});
