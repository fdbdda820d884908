// The small codecs by themselves; whole messages: messages.test.ts.
import t from 'tap';
import * as field from '../../proto/src/field.ts';
import { Malformed } from '../../proto/src/malformed.ts';

const at: field.Place = { parent: undefined, name: 'it' };
const why = <T>(codec: field.Codec<T>, raw: unknown): string => {
  try {
    codec.decode(raw, at);
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
  return '';
};

t.test('half a character, as cutting a text makes them, has no UTF-8', (t) => {
  const cut = `${'x'.repeat(499)}\u{1f600}`.slice(0, 500);
  t.equal(cut.isWellFormed(), false);
  t.equal(field.sentence.encode(cut), `${'x'.repeat(499)}\ufffd`, 'it is sent as what every reader takes');
  t.match(why(field.sentence, cut), /^it: holds half a character; want text that UTF-8 can spell$/);
  t.strictSame(field.textMap(1, 9).encode({ 'a\ud800': 'b\udc00' }), { 'a\ufffd': 'b\ufffd' });
  t.end();
});

t.test('stable names', (t) => {
  for (const code of ['x', 'not-json', 'a1-b2', 'x'.repeat(40)]) t.equal(field.code.decode(code, at), code);
  for (const code of ['', 'Not-json', 'a b', '-a', 'a-', 'a--b', 'ä', 'x'.repeat(41), 5, undefined])
    t.match(why(field.code, code), /^it: .*; want 1 to 40 lower-case letters/, String(code));
  t.end();
});

t.test('numbers of 64 bits come as decimal text', (t) => {
  const long = field.long(1, 10);
  t.equal(long.decode('10', at), 10);
  t.equal(long.encode(10), '10');
  for (const raw of ['0', '11', '', '-1', '1.5', '1e1', ' 1', '0x1', 5, null, undefined])
    t.match(why(long, raw), /want a whole number from 1 to 10$/, String(raw));
  t.equal(field.long(0).decode('9007199254740991', at), Number.MAX_SAFE_INTEGER);
  t.match(why(field.long(0), '9007199254740992'), /want/);
  t.end();
});

t.test('numbers of 32 bits', (t) => {
  for (const raw of [-1, 5, 1.5, Number.NaN, '1', undefined])
    t.match(why(field.whole(0, 4), raw), /want a whole/);
  t.equal(field.whole(0, 4).decode(0, at), 0, 'zero that is there is not absent');
  t.end();
});

t.test('flags', (t) => {
  t.equal(field.flag.decode(false, at), false, 'false that is there is not absent');
  for (const raw of [undefined, null, 0, 'true']) t.match(why(field.flag, raw), /want true or false/);
  t.match(why(field.onlyTrue, false), /want true, or leave it out/);
  t.end();
});

t.test('bytes are copied', (t) => {
  const raw = Buffer.from([1, 2]);
  const value = field.bytes(2).decode(raw, at);
  raw[0] = 9;
  t.strictSame(value, Uint8Array.of(1, 2));
  t.match(why(field.bytes(2), 'AQI='), /want 2 bytes/);
  t.end();
});

t.test('absent fields stay absent', (t) => {
  const codec = field.message({ a: field.flag, b: field.optional(field.flag), c: field.list(field.flag, 2) });
  t.strictSame(codec.decode({ a: true }, at), { a: true, c: [] });
  t.strictSame(codec.encode({ a: true, c: [] }), { a: true, c: [] });
  t.strictSame(codec.encode({ a: true, b: undefined, c: [true] }), { a: true, c: [true] });
  t.end();
});

t.test('paths lead through messages and lists, spelled as on the wire', (t) => {
  const codec = field.message({ outerPart: field.list(field.message({ innerPart: field.flag }), 3) });
  t.equal(
    why(codec, { outerPart: [{ innerPart: true }, {}] }),
    'it.outer_part[1].inner_part: is missing; want true or false',
  );
  t.equal(why(codec, { outerPart: [5] }), 'it.outer_part[0]: is 5; want a message');
  t.end();
});

t.test('exactly one kind', (t) => {
  const codec = field.oneOf({ a: field.flag, bC: field.text(3) });
  t.strictSame(codec.decode({ bC: 'x' }, at), { kind: 'bC', value: 'x' });
  t.strictSame(codec.encode({ kind: 'a', value: false }), { a: false });
  t.equal(why(codec, {}), 'it: has none of its kinds; want exactly one of a, b_c');
  t.equal(why(codec, { a: true, bC: 'x' }), 'it: has a and b_c; want exactly one of a, b_c');
  t.end();
});

t.test('maps of text', (t) => {
  const codec = field.textMap(2, 3);
  t.strictSame(codec.decode({ a: '', b: 'xyz' }, at), { a: '', b: 'xyz' });
  t.match(why(codec, { a: 'wxyz' }), /^it\[a\]: has 4 characters/);
  t.match(why(codec, { a: '', b: '', c: '' }), /has 3 entries; want at most 2/);
  t.end();
});
