// The book of enrolled hosts: who counts, whose journal cannot be right, and what is still to be written down.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { HostMemory } from '../../../coordinator/src/state/port.ts';
import { HostBook } from '../../../coordinator/src/session/hosts.ts';
import { cell, digest, generation, h1, h2, readerVersion } from '../../support/build.ts';
import { mark } from '../../support/raw-agent.ts';

const otherHash = parseId('digest', 'e'.repeat(64));
const memory = (more: Partial<HostMemory> = {}): HostMemory => ({
  host: h1,
  cell,
  generation,
  readerVersion,
  inheritsFrom: undefined,
  retired: false,
  acknowledged: [],
  journal: undefined,
  contested: undefined,
  ...more,
});

t.test('enrolled: of this cell, and not retired', async (t) => {
  const c2 = parseId('cell', 'c2');
  const book = new HostBook([
    memory(),
    memory({ host: h2, retired: true }),
    memory({ host: parseId('host', 'h3'), cell: c2 }),
  ]);
  t.strictSame(
    [...book.enrolled(cell)].map((m) => m.host),
    [h1],
  );
  t.strictSame(
    [...book.enrolled(c2)].map((m) => m.host),
    ['h3'],
  );
  t.equal(book.get(parseId('host', 'h9')), undefined);
});

t.test('a journal goes on', async (t) => {
  const book = new HostBook([memory()]);
  t.equal(book.noteJournal(h1, mark(5)), undefined, 'the first that is heard');
  t.equal(book.noteJournal(h1, mark(5)), undefined, 'nothing happened since');
  t.equal(book.noteJournal(h1, mark(9, otherHash)), undefined);
  t.strictSame(book.get(h1)?.journal, { sequence: 9, hash: otherHash });
});

t.test('a journal that goes back, or tells another story, is named and not believed', async (t) => {
  const book = new HostBook([memory({ journal: mark(5) })]);
  t.match(book.noteJournal(h1, mark(4)), /went back from entry 5 to 4/);
  t.match(book.noteJournal(h1, mark(0)), /went back from entry 5 to 0/, 'an empty one too');
  t.match(book.noteJournal(h1, mark(5, otherHash)), /another entry 5 than before/);
  t.strictSame(book.get(h1)?.journal, { sequence: 5, hash: digest });
  t.strictSame(book.takeChanged(), []);
});

t.test('that a host is contested is remembered until it is accepted', async (t) => {
  const book = new HostBook([memory({ journal: mark(4) })]);
  book.contest(h1, 'its journal went back');
  t.match(book.takeChanged(), [{ host: h1, contested: 'its journal went back', journal: mark(4) }]);
  book.accept(h1);
  const [accepted] = book.takeChanged();
  t.equal(accepted?.contested, undefined);
  t.equal(accepted?.journal, undefined, 'its journal counts from where it is heard next');
  book.contest(h2, 'nobody enrolled it');
  t.strictSame(book.takeChanged(), []);
});

t.test('a host that is not enrolled has no journal to note', async (t) => {
  t.throws(() => new HostBook([]).noteJournal(h1, mark(1)), /h1 is not enrolled/);
});

t.test('what changed is handed over once, as it is then', async (t) => {
  const book = new HostBook([memory(), memory({ host: h2 })]);
  t.strictSame(book.takeChanged(), [], 'what was remembered is no change');
  book.noteJournal(h1, mark(1));
  book.noteJournal(h1, mark(2));
  t.match(book.takeChanged(), [{ host: h1, journal: { sequence: 2 } }]);
  t.strictSame(book.takeChanged(), []);
});
