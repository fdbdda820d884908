import t from 'tap';
import { createHash } from 'node:crypto';
import { emptyChain, follows, sealEntry } from '../../../coordinator/src/state/audit.ts';

const text = { wallMs: 1000, by: 'ada', event: 'hold.set', reason: 'because', about: { b: 1, a: [2, null] } };

t.test('an entry is hashed over its canonical JSON, the hash before it included', (t) => {
  const entry = sealEntry(emptyChain, text);
  t.equal(emptyChain.hash, createHash('sha256').update('').digest('hex'));
  t.equal(entry.version, 1);
  t.equal(entry.previous, emptyChain.hash);
  const bytes = `{"about":{"a":[2,null],"b":1},"by":"ada","event":"hold.set","previous":"${emptyChain.hash}","reason":"because","version":1,"wallMs":1000}`;
  t.equal(entry.hash, createHash('sha256').update(bytes).digest('hex'));
  t.end();
});

t.test('any change of any field is seen, and so is any other place in the chain', (t) => {
  const first = sealEntry(emptyChain, text);
  const second = sealEntry(first, { ...text, reason: 'again' });
  t.ok(follows(emptyChain, first));
  t.ok(follows(first, second));
  t.notOk(follows(emptyChain, second));
  t.notOk(follows(second, first));
  for (const change of [
    { wallMs: 1001 },
    { by: 'eve' },
    { event: 'hold.released' },
    { reason: 'Because' },
    { about: { b: 1, a: [2, 0] } },
    { previous: second.hash },
    { version: 2 },
    { hash: second.hash },
  ])
    t.notOk(follows(emptyChain, { ...first, ...change }), JSON.stringify(change));
  t.end();
});

t.test('the spelling of an object makes no difference, what JSON cannot hold is refused', (t) => {
  const one = sealEntry(emptyChain, { ...text, about: { a: [2, null], b: 1, gone: undefined } });
  t.equal(one.hash, sealEntry(emptyChain, text).hash);
  t.throws(() => sealEntry(emptyChain, { ...text, about: { a: NaN } }), TypeError);
  t.end();
});
