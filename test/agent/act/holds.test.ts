import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { holdScope, Holds } from '../../../agent/src/act/holds.ts';

const uid = parseId('servo uid', 's/1:a');

t.test('a file named after the uid protects it, "all" protects everything', (t) => {
  const holds = new Holds(t.testdir());
  t.strictSame(holds.of(uid), { kind: 'none' });
  const file = holds.put(uid, 'me: wait');
  t.equal(file, join(holds.directory, 's%2F1%3Aa'));
  t.equal(readFileSync(file, 'utf8'), 'me: wait\n');
  t.strictSame(holds.of(uid), { kind: 'held', file });
  t.strictSame(holds.of(parseId('servo uid', 's-2')), { kind: 'none' });
  t.equal(holds.lift(uid), true);
  t.equal(holds.lift(uid), false);
  t.strictSame(holds.of(uid), { kind: 'none' });
  writeFileSync(join(holds.directory, 'all'), '');
  t.match(holds.of(uid), { kind: 'held', file: join(holds.directory, 'all') });
  t.strictSame(holds.list(), ['all']);
  t.end();
});

t.test('what cannot be read protects', (t) => {
  const holds = new Holds(join(t.testdir({ file: '' }), 'gone'));
  t.match(holds.of(uid), { kind: 'unreadable', message: /gone cannot be read.*ENOENT/ });
  holds.prepare();
  t.strictSame(holds.of(uid), { kind: 'none' });
  rmSync(holds.directory, { recursive: true });
  t.match(holds.of(uid), { kind: 'unreadable' }, 'a directory that vanished lifts nothing');
  writeFileSync(holds.directory, '');
  t.match(holds.of(uid), { kind: 'unreadable', message: /no directory/ });
  t.end();
});

t.test('a hold file that is a link protects, also when what it leads to is gone', (t) => {
  const holds = new Holds(t.testdir());
  const file = join(holds.directory, 's%2F1%3Aa');
  symlinkSync('nowhere', file);
  t.strictSame(holds.of(uid), { kind: 'held', file });
  t.equal(holds.lift(uid), true);
  t.strictSame(holds.of(uid), { kind: 'none' });
  t.end();
});

t.test('the longest uid has a file, too', (t) => {
  const holds = new Holds(t.testdir());
  const long = parseId('servo uid', `a${'/'.repeat(127)}`);
  holds.put(long, 'x');
  t.match(holds.of(long), { kind: 'held' });
  t.strictSame(holds.of(parseId('servo uid', `b${'/'.repeat(127)}`)), { kind: 'none' });
  t.end();
});

t.test('only a uid or "all" is a scope', (t) => {
  t.equal(holdScope('all'), 'all');
  t.equal(holdScope('s-1'), 's-1');
  for (const word of ['', '-x', '../x', 'a b']) t.equal(holdScope(word), undefined, word);
  t.end();
});
