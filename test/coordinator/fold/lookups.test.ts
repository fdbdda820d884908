import t from 'tap';
import { policy } from '../../support/build.ts';
import { aClaim, evidenceIn, FleetUnderTest } from '../../support/fleet.ts';

const uids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `s${String(from + i).padStart(4, '0')}`);

t.test('a pass asks for so many, and the rest in the next', async (t) => {
  const many = uids(0, policy.lookupsPerRound + 50);
  const f = new FleetUnderTest();
  f.report('h1', [...many, 'live']);
  await f.round(many.map((uid) => `${uid}@h1`));
  const first = await f.round(['live@h1']);
  t.equal(f.lookedUp.length, policy.lookupsPerRound);
  t.equal(first.evidences.filter((e) => e.release?.capped === 'no-lookup').length, 50);
  const second = await f.round(['live@h1']);
  t.equal(new Set(f.lookedUp).size, many.length);
  t.equal(second.evidences.filter((e) => e.release?.capped === 'no-lookup').length, 0);
});

t.test('an authority that fails again and again is left alone until the next pass', async (t) => {
  const many = uids(0, 150);
  const f = new FleetUnderTest();
  f.report('h1', many);
  await f.round(many.map((uid) => `${uid}@h1`));
  f.lookup = () => Promise.reject(new Error('down'));
  const prepared = await f.round([]);
  t.ok(f.lookedUp.length >= 16 && f.lookedUp.length <= 40, `${f.lookedUp.length} were asked`);
  t.equal(prepared.evidences.filter((e) => e.release?.capped === 'no-lookup').length, 150);
  const before = new Set(f.lookedUp);
  f.lookedUp.length = 0;
  await f.round([]);
  t.ok(
    f.lookedUp.some((uid) => !before.has(uid)),
    'others come first then',
  );
});

t.test('a claim elsewhere that the look-up knows of counts as a claim until it is borne out', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  f.report('h2', ['b']);
  await f.round(['a@h1', 'b@h2']);
  f.lookup = () => Promise.resolve({ claims: [aClaim('a@h2')], version: 2, lineage: 'l' });
  t.equal(evidenceIn(await f.round(['b@h2']), 'a').release, undefined);
  f.report('h2', ['a', 'b']);
  t.equal(evidenceIn(await f.round(['b@h2']), 'a', 'h1').release?.capped, undefined);
});
