import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { Journal } from '../../../agent/src/act/journal.ts';
import { Seen } from '../../../agent/src/act/memory.ts';
import { SentNonces } from '../../../agent/src/act/nonces.ts';
import { hash, nowAt } from '../support/orders.ts';

const clock = { now: () => nowAt(5) };
const mark = (version: number) => ({ version, hash: hash(String(version)) });

t.test('what was seen never sinks, and is written only when it rose', (t) => {
  const directory = t.testdir();
  const journal = new Journal(directory);
  const seen = new Seen(journal, clock);
  seen.keep();
  t.equal(journal.mark.sequence, 0, 'nothing was seen');
  seen.note(3, mark(7));
  t.match(seen, { epoch: 3, decision: mark(7) });
  t.equal(journal.mark.sequence, 0, 'in memory only');
  seen.keep();
  seen.keep();
  t.equal(journal.mark.sequence, 1);
  seen.note(2, mark(6));
  t.match(seen.memoryOf(parseId('order', 'o')), { epoch: 3, decision: mark(7), order: 'new' });
  seen.keep();
  t.equal(journal.mark.sequence, 1);
  seen.note(4, mark(7));
  seen.keep();
  t.equal(new Journal(directory).view.epoch, 4);
  t.equal(new Seen(new Journal(directory), clock).epoch, 4, 'and survives');
  t.end();
});

t.test('what an operator accepted replaces it', (t) => {
  const journal = new Journal(t.testdir());
  const seen = new Seen(journal, clock);
  seen.note(9, mark(90));
  seen.keep();
  const installation = parseId('installation', 'second');
  journal.append({ kind: 'accepted', installation, epoch: 1, decision: mark(2), why: 'operator' }, 0);
  seen.forget();
  t.match(seen, { epoch: 1, decision: mark(2) });
  t.end();
});

t.test('nonces are remembered, but not for ever', (t) => {
  const nonces = new SentNonces();
  const nonce = (n: number) => parseId('nonce', String(n).padStart(32, '0'));
  for (let n = 0; n < 600; n++) nonces.sent(nonce(n), nowAt(n));
  t.equal(nonces.sentAt(nonce(599))?.monoMs, 599);
  t.equal(nonces.sentAt(nonce(0)), undefined);
  t.ok(nonces.sentAt(nonce(599 - 500)));
  t.end();
});
