import t from 'tap';
import type { Kind, WorldEvent } from '../../event.ts';
import { at, bent, created, h1, judged, madeMs, orphan, second, story, without } from '../story.ts';

const says = (events: readonly WorldEvent[]) =>
  judged(events)
    .filter((v) => v.invariant === 'I10')
    .map((v) => v.message);
const lost = (kind: Kind) => says(without(story(), kind)).join('\n');

t.test('an order that leaves before its intent is durable', (t) => {
  t.match(lost('order.durable'), /order o1 left for h1, and its intent is not durable/);
  const late = bent(story(), 'order.durable', (e) => ({ ...e, atMs: e.atMs + 20 }));
  t.match(says(late), [/order o1 left for h1/]);
  t.end();
});

t.test('a yes that leaves, or is acted on, before it is committed', (t) => {
  t.match(lost('yes.committed'), /a yes to order o1 left, and it was not committed/);
  t.match(lost('yes.committed'), /h1 began order o1, to which no yes was committed/);
  t.match(lost('question.answered'), /whose yes it never got/);
  const no = bent(story(), 'question.answered', (e) => ({ ...e, yes: false }));
  t.match(says(no), [/whose yes it never got/]);
  t.end();
});

t.test('a hand that begins before its intent is on the disk', (t) => {
  const only = (entry: string) => bent(story(), 'journal.durable', (e) => (e.entry === entry ? e : []));
  t.match(says(only('outcome')), [/began order o1, and its intent is not on the disk/]);
  t.match(says(only('intent')), [/tells that order o1 is executed, and that is not on its disk/]);
  t.end();
});

t.test('a receipt that is acknowledged before it is durable', (t) => {
  t.match(lost('receipt.accepted'), /acknowledged before it was durable/);
  t.end();
});

t.test('a receipt that does not say what happened', (t) => {
  const receipt = (outcome: 'refused' | 'unexecuted' | 'unknown') =>
    says(bent(story(), 'receipt.accepted', (e) => ({ ...e, outcome })));
  t.match(receipt('unexecuted'), [/order o1 was executed, and its receipt says unexecuted/]);
  t.match(receipt('refused'), [/says refused/]);
  t.same(receipt('unknown'), [], 'what nobody knows is said so');
  t.match(lost('stop.executed'), /order o1 was not executed, and its receipt says that it was/);
  t.end();
});

t.test('a host that was set back to before an act knows nothing of it', (t) => {
  const sent = madeMs + second + 290;
  const restored = (toMs: number, runs: boolean): readonly WorldEvent[] => [
    ...bent(story(), 'receipt.accepted', (e) => ({ ...e, outcome: 'unexecuted' as const })),
    at(sent, { kind: 'host.restored', host: h1, toMs }),
    ...(runs ? [created(orphan, sent)] : []),
  ];
  t.same(says(restored(madeMs, true)), []);
  t.match(says(restored(madeMs, false)), [/says unexecuted/], 'its servo is still stopped');
  t.end();
});

t.test('a refusal needs nothing on the disk', (t) => {
  const refused = story().flatMap((e): readonly WorldEvent[] => {
    if (e.kind === 'receipt.sent' || e.kind === 'receipt.accepted') return [{ ...e, outcome: 'refused' }];
    return e.kind === 'journal.durable' || e.kind === 'stop.began' || e.kind === 'stop.executed' ? [] : [e];
  });
  t.same(says(refused), []);
  t.end();
});
