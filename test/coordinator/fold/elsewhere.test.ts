import t from 'tap';
import { isBorneOut, protecting } from '../../../coordinator/src/fold/elsewhere.ts';
import { hour, minute } from '../../support/build.ts';
import { aClaim, FleetUnderTest, hostId, registryProfile, type Row } from '../../support/fleet.ts';

const h1 = hostId('h1');
const problem = { path: '/x', code: 'bad', message: 'bad' };

function borneOut(
  row: Row,
  claim = 'a@h2',
  change: (f: FleetUnderTest) => unknown = () => undefined,
): boolean {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a']);
  f.report('h2', [row]);
  change(f);
  return isBorneOut(f.fleet.book, aClaim(claim), h1, f.now);
}

t.test('seen running there, on a fresh host, in a whole inventory that is vouched for', (t) => {
  const a = { uid: 'a' };
  t.equal(borneOut(a), true);
  t.equal(borneOut(a, 'a'), false, 'it names no host');
  t.equal(borneOut(a, 'a@h1'), false, 'it is this very copy');
  t.equal(borneOut(a, 'a@h9'), false, 'nobody knows that host');
  t.equal(borneOut({ uid: 'b' }), false);
  t.equal(borneOut({ uid: 'a', state: 'stopped' }), false);
  t.equal(borneOut({ uid: 'a', state: 'quarantined' }), false);
  t.equal(borneOut({ uid: 'a', contradiction: 'no-record' }), false);
  t.equal(borneOut({ uid: 'a', incarnation: 'i1' }, 'a@h2#i1'), true);
  t.equal(borneOut({ uid: 'a', incarnation: 'i1' }, 'a@h2#i2'), false);
  t.equal(
    borneOut(a, 'a@h2', (f) => f.report('h2', [a], [problem])),
    false,
  );
  t.equal(
    borneOut(a, 'a@h2', (f) => f.fleet.contest(hostId('h2'), 'two agents')),
    false,
  );
  t.equal(
    borneOut(a, 'a@h2', (f) => f.wait(minute)),
    false,
    'it may be dead by now',
  );
  t.end();
});

t.test('a claim elsewhere protects until it is old, and borne out', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a']);
  f.report('h2', ['a']);
  await f.read(registryProfile, ['a@h2']);
  const { book } = f.fleet;
  const protects = () => {
    const claims = book.authoritySeat?.claims;
    return claims === undefined ? [] : protecting(book, claims, book.tables.uids.find('a'), h1, f.now);
  };
  t.equal(protects().length, 1, 'it is young');
  f.wait(hour);
  t.equal(protects().length, 1, 'the host was not heard for an hour');
  f.beat();
  t.strictSame(protects(), []);
  await f.read(registryProfile, ['a@h2', 'a@h3']);
  t.equal(protects().length, 2, 'another claim came');
  f.wait(hour).beat();
  t.strictSame(protects(), [aClaim('a@h3')], 'which nothing bears out');
});
