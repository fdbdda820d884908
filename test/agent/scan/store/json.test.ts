import t from 'tap';
import { parseJson, valueAt } from '../../../../agent/src/scan/store/json.ts';

const parse = (text: string) => parseJson(new TextEncoder().encode(text));

t.test('a key twice is refused wherever it stands, and however it is spelled', async (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"x":{"a":1,"b":{},"a":2}}',
    '[{"a":1},{"b":[],"a":1,"b":2}]',
    '{"a":1,"\\u0061":2}',
    '{"":1,"":2}',
  ]) {
    t.throws(() => parse(text), { message: /stands twice/ }, text);
  }
});

t.test('what only looks like a key twice is none', async (t) => {
  for (const text of [
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '["a","a"]',
    '{"a":["a","a"],"b":"{\\"a\\":1,\\"a\\":2}"}',
    '[{"a":1},{"a":2}]',
    '{"a":[{"b":1},{"b":2}],"b":3}',
  ]) {
    t.strictSame(parse(text), JSON.parse(text), text);
  }
});

t.test('an error names the place and quotes nothing', async (t) => {
  t.throws(() => parse('{"password": s3cret}'), { message: /^not JSON( at position \d+ .*)?$/ });
  t.throws(() => parse(' '), { message: 'empty' });
});

t.test('a path leads through own properties only', async (t) => {
  const value = { a: { b: 1, 'c.d': 2 }, l: [{ x: 1 }] };
  t.equal(valueAt(value, 'a.b'), 1);
  for (const path of ['a.c.d', 'a.b.c', 'x', 'a.toString', 'l.0.x', 'l.length', '__proto__', ''])
    t.equal(valueAt(value, path), undefined, path);
});
