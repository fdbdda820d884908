import t from 'tap';
import { TombstoneBook } from '../../../coordinator/src/fold/tombstones.ts';
import { WitnessFailed } from '../../../coordinator/src/witness/port.ts';
import { aTombstone, servoUid } from '../../support/fleet.ts';

function read(book: TombstoneBook, ms: number, ...texts: readonly string[]) {
  const draft = book.begin(ms);
  for (const text of texts) draft.sink(aTombstone(text));
  return draft;
}

t.test('a tombstone keeps the time when it was first read', (t) => {
  const book = new TombstoneBook([]);
  book.accept(read(book, 10, 'a@h1', 'b'));
  const draft = read(book, 20, 'a@h1', 'b', 'c');
  t.match(book.diff(draft), { tombstonesAdded: [{ uid: 'c', firstReadMs: 20 }], tombstonesRemoved: [] });
  t.strictSame(book.of(servoUid('c')), [], 'nothing counts before it is accepted');
  book.accept(draft);
  t.match(book.of(servoUid('a')), [{ host: 'h1', firstReadMs: 10 }]);
  t.match(book.of(servoUid('c')), [{ firstReadMs: 20 }]);
  t.end();
});

t.test('what is not read any more goes, and what stays of the same uid is named again', (t) => {
  const book = new TombstoneBook([{ ...aTombstone('a@h1'), firstReadMs: 5 }]);
  book.accept(read(book, 10, 'a@h1', 'a@h2', 'b'));
  const draft = read(book, 20, 'a@h2');
  const diff = book.diff(draft);
  t.strictSame([...diff.tombstonesRemoved].toSorted(), ['a', 'b']);
  t.match(diff.tombstonesAdded, [{ uid: 'a', host: 'h2', firstReadMs: 10 }]);
  book.accept(draft);
  t.equal(book.all().length, 1);
  t.end();
});

t.test('a dropped reading leaves nothing behind', (t) => {
  const book = new TombstoneBook([]);
  book.accept(read(book, 10, 'a'));
  const dropped = read(book, 20, 'a', 'b');
  const next = read(book, 30, 'a', 'c');
  t.throws(() => book.accept(dropped), /later reading/);
  book.accept(next);
  t.strictSame(book.of(servoUid('b')), []);
  t.equal(book.all().length, 2);
  t.end();
});

t.test('the same one twice, or with another project, is no reading', (t) => {
  const book = new TombstoneBook([]);
  t.throws(() => read(book, 10, 'a@h1', 'a@h1'), WitnessFailed);
  book.accept(read(book, 10, 'a@h1/p'));
  t.throws(() => read(book, 20, 'a@h1/p', 'a@h1/q'), WitnessFailed);
  t.throws(() => read(book, 20, 'a@h1/q', 'a@h1/q'), WitnessFailed);
  const renamed = read(book, 20, 'a@h1/q');
  book.accept(renamed);
  t.match(book.of(servoUid('a')), [{ project: 'q', firstReadMs: 10 }], 'another project makes it no younger');
  t.end();
});
