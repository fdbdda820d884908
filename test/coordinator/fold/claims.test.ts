import t from 'tap';
import { ClaimBook, claimsIn, type Tables } from '../../../coordinator/src/fold/claims.ts';
import { SnapshotBuilder } from '../../../coordinator/src/fold/snapshot.ts';
import { TombstoneBook } from '../../../coordinator/src/fold/tombstones.ts';
import { NameTable } from '../../../coordinator/src/fold/uids.ts';
import { aClaim, hostId, registryProfile, servoUid } from '../../support/fleet.ts';

const unused = () => {
  throw new Error('not here');
};

function aBook() {
  const tables: Tables = { uids: new NameTable(), hosts: new NameTable(), projects: new NameTable() };
  const book = new ClaimBook(tables);
  const accept = (readMs: number, ...claims: readonly string[]): void => {
    const tombstones = new TombstoneBook([]);
    const home = {
      witness: registryProfile.id,
      tables,
      claims: book,
      tombstones,
      cohortsOf: unused,
      commit: unused,
    };
    const builder = new SnapshotBuilder(home, readMs);
    for (const claim of claims) builder.claim({ ...aClaim(claim), since: readMs });
    const read = builder.columns();
    const changed = [...tables.uids.numbers()].filter(
      (uid) => JSON.stringify(book.claimsOf(uid)) !== JSON.stringify(claimsIn(read, uid, tables)),
    );
    book.accept(read, changed, readMs);
  };
  return { book, tables, accept };
}

t.test('claims come out as they went in', (t) => {
  const { book, tables, accept } = aBook();
  accept(5, 'a', 'b@h1', 'c@h1#i1/p', 'd@h1', 'd@h2#i2');
  for (const [uid, claims] of [
    ['a', ['a']],
    ['b', ['b@h1']],
    ['c', ['c@h1#i1/p']],
    ['d', ['d@h1', 'd@h2#i2']],
  ] as const)
    t.strictSame(
      book.claimsOf(tables.uids.find(uid)),
      claims.map((claim) => ({ ...aClaim(claim), since: 5 })),
    );
  t.strictSame(book.claimsOf(99), []);
  t.equal(book.hostAt(tables.hosts.find('h2')), 'h2');
  t.end();
});

t.test('who is claimed on a host by name', (t) => {
  const { book, tables, accept } = aBook();
  accept(5, 'a@h1', 'b@h1', 'c', 'd@h1', 'd@h2', 'e@h2');
  const on = (host: string): number => book.claimedOn(tables.hosts.find(host));
  t.strictSame([on('h1'), on('h2')], [3, 2]);
  accept(6, 'a@h1', 'b@h2', 'd@h2', 'e', 'f@h3');
  t.strictSame([on('h1'), on('h2'), on('h3')], [1, 2, 1]);
  const isOn = (uid: string, host: string): boolean =>
    book.isClaimedOn(tables.uids.find(uid), tables.hosts.add(hostId(host)));
  t.strictSame(
    [isOn('a', 'h1'), isOn('a', 'h2'), isOn('e', 'h2'), isOn('d', 'h2')],
    [true, false, false, true],
  );
  t.equal(book.claimedOn(99), 0);
  t.end();
});

t.test('what is kept beside a claim', (t) => {
  const { book, tables, accept } = aBook();
  accept(5, 'a@h1/p', 'b');
  accept(6, 'b');
  const a = tables.uids.find('a');
  t.equal(book.lastProject(a), 'p', 'the project of the last claim');
  t.equal(book.lastProject(tables.uids.find('b')), undefined);
  accept(7, 'a@h2', 'b');
  t.equal(book.firstReadMs(a), 7);
  t.equal(book.firstReadMs(tables.uids.find('b')), 5);
  t.end();
});

t.test('what must not be freed is marked; what is freed is forgotten', (t) => {
  const { book, tables, accept } = aBook();
  accept(5, 'a/p', 'b/q');
  accept(6, 'b/q');
  tables.uids.add(servoUid('c'));
  const uids = new Uint8Array(tables.uids.size);
  book.markLive(uids);
  t.strictSame([...uids], [0, 1, 0]);
  book.forget(uids);
  t.equal(book.lastProject(tables.uids.find('a')), undefined);
  const projects = new Uint8Array(tables.projects.size);
  book.markProjects(projects);
  t.strictSame([...projects], [0, 1]);
  t.end();
});
