// What an echo proves: that the report was begun after the question was asked, never more.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { Nonces } from '../../../coordinator/src/session/nonces.ts';
import { at } from '../../support/build.ts';

const nonce = (n: number) => parseId('nonce', n.toString(16).padStart(32, '0'));

t.test('an echo says when its question was asked', async (t) => {
  const nonces = new Nonces();
  nonces.asked(nonce(1), at(100));
  nonces.asked(nonce(2), at(200));
  t.equal(nonces.echoed(nonce(1))?.monoMs, 100);
  t.equal(nonces.echoed(nonce(2))?.monoMs, 200);
});

t.test('the same echo again proves no more than it did', async (t) => {
  const nonces = new Nonces();
  nonces.asked(nonce(1), at(100));
  t.equal(nonces.echoed(nonce(1))?.monoMs, 100);
  t.equal(nonces.echoed(nonce(1))?.monoMs, 100);
});

t.test('what was never asked, and what is older than the last echo, proves nothing', async (t) => {
  const nonces = new Nonces();
  nonces.asked(nonce(1), at(100));
  nonces.asked(nonce(2), at(200));
  t.equal(nonces.echoed(nonce(9)), undefined);
  t.equal(nonces.echoed(nonce(2))?.monoMs, 200);
  t.equal(nonces.echoed(nonce(1)), undefined);
});

t.test('only the latest questions are open', async (t) => {
  const nonces = new Nonces();
  for (let n = 1; n <= 5; n++) nonces.asked(nonce(n), at(n));
  t.equal(nonces.echoed(nonce(1)), undefined, 'the fifth pushed the first out');
  t.equal(nonces.echoed(nonce(2))?.monoMs, 2);
});
