import t from 'tap';
import { ClaimBook, type Tables } from '../../../coordinator/src/fold/claims.ts';
import { isPlain, matchHost } from '../../../coordinator/src/fold/match.ts';
import { SnapshotBuilder } from '../../../coordinator/src/fold/snapshot.ts';
import { TombstoneBook } from '../../../coordinator/src/fold/tombstones.ts';
import { NameTable } from '../../../coordinator/src/fold/uids.ts';
import { anInventory, aView, h1 } from '../../support/build.ts';
import { aClaim, registryProfile, servoUid } from '../../support/fleet.ts';

const none = () => {
  throw new Error('not here');
};

/** What the authority and another witness claim, against one host's rows; seen at 100, read at `provenMs`. */
function match(
  rows: Parameters<typeof anInventory>[0],
  claims: readonly string[],
  { other = [] as readonly string[], provenMs = 200, vouched = 0, digestMatches = true } = {},
) {
  const tables: Tables = { uids: new NameTable(), hosts: new NameTable(), projects: new NameTable() };
  const host = tables.hosts.add(h1);
  const standings = [claims, other].map((said) => {
    const book = new ClaimBook(tables);
    const tombstones = new TombstoneBook([]);
    const home = {
      witness: registryProfile.id,
      tables,
      claims: book,
      tombstones,
      cohortsOf: none,
      commit: none,
    };
    const builder = new SnapshotBuilder(home, 0);
    for (const claim of said) builder.claim(aClaim(claim));
    book.accept(builder.columns(), tables.uids.numbers(), 0);
    return { claims: book, provenMs };
  });
  const plain = anInventory(rows);
  const inventory = {
    ...plain,
    uidIndex: Int32Array.from(plain.uid, (uid) => tables.uids.add(servoUid(uid))),
  };
  const view = aView({
    inventory,
    digestMatches,
    firstSeenMs: new Float64Array(inventory.count).fill(100),
    vouched: new Uint8Array(inventory.count).fill(vouched),
  });
  return matchHost(view, inventory, host, standings, 0);
}

t.test('claimed here, without a host, only elsewhere, by nobody', (t) => {
  const rows = ['a', 'b', 'c', 'd', 'e'].map((uid) => ({ uid }));
  const matched = match(rows, ['a@h1', 'b', 'c@h2', 'e@h2', 'e@h1']);
  t.equal(matched.live, 3);
  t.strictSame(matched.candidates, [2, 3]);
  t.strictSame([...matched.elsewhere], [2]);
  const byOther = match(rows, ['c@h2'], { other: ['c@h1', 'd'] });
  t.strictSame(byOther.candidates, [0, 1, 4], 'any witness’s claim is one');
  t.end();
});

t.test('expected, found, missing', (t) => {
  const rows = [{ uid: 'a' }, { uid: 'b', contradiction: 'two-uids' as const }, { uid: 'x' }];
  t.match(match(rows, ['a@h1', 'b@h1', 'c@h1', 'd@h2']), { expected: 3, found: 1, missing: 1 });
  t.match(
    match(rows, ['a'], { provenMs: 50 }),
    { expected: 0, found: 0 },
    'no host is named, and nobody vouched',
  );
  t.match(match(rows, ['a'], { provenMs: 50, vouched: 1 }), { expected: 1, found: 1, missing: 0 });
  t.match(match(rows, ['a', 'a@h1']), { expected: 1, found: 1 }, 'once');
  const twice = [{ uid: 'a' }, { uid: 'a', incarnation: 'other' }];
  t.match(match(twice, ['a@h1']), { expected: 1, found: 1, missing: 0, live: 2 });
  t.end();
});

t.test('who vouches: for this incarnation, seen before the reading began, without a doubt', (t) => {
  const bits = (...args: Parameters<typeof match>) => {
    const { vouched, vouchLater } = match(...args);
    return `${vouched.join()}${vouchLater ? ' later' : ''}`;
  };
  const row = [{ uid: 'a', incarnation: 'i1' }];
  t.equal(bits(row, ['a@h1'], { other: ['a'] }), '3');
  t.equal(bits(row, ['a@h1#i1']), '1');
  t.equal(bits(row, ['a@h1#i2']), '0', 'another incarnation, now and later');
  t.equal(bits(row, ['a@h1#i2', 'a@h1#i1']), '1');
  t.equal(bits(row, ['a@h2']), '0');
  t.equal(bits(row, ['a@h1'], { provenMs: 100 }), '1');
  t.equal(bits(row, ['a@h1'], { provenMs: 99 }), '0 later');
  t.equal(bits(row, ['a@h1'], { provenMs: -Infinity }), '0 later');
  t.equal(bits(row, ['a@h1'], { digestMatches: false }), '0 later');
  t.equal(bits([{ ...row[0], contradiction: 'no-object' }], ['a@h1']), '0');
  t.equal(bits(row, ['a@h1'], { vouched: 2 }), '3', 'what was vouched for stays');
  t.end();
});

t.test('plain claims', (t) => {
  t.equal(isPlain(aClaim('a'), h1), true);
  t.equal(isPlain(aClaim('a@h1'), h1), true);
  t.equal(isPlain(aClaim('a@h2'), h1), false);
  t.end();
});
