import t from 'tap';
import { releaseOf, type LookedUp, type Unclaimed } from '../../../coordinator/src/fold/releases.ts';
import { aTombstone, hostId, servoUid } from '../../support/fleet.ts';
import { aRelease, incarnation, project } from '../../support/build.ts';

const aStray: Unclaimed = {
  uid: servoUid('a'),
  host: hostId('h1'),
  incarnation,
  firstSeenMs: 100,
  seenBefore: false,
  vouched: false,
  tombstones: [],
  project,
};
const stone = (text: string, firstReadMs: number, projectReleased = false) => ({
  ...aTombstone(text, projectReleased),
  firstReadMs,
});
const release = (
  more: Partial<Unclaimed>,
  lookedUp: LookedUp = 'not yet',
  before?: ReturnType<typeof aRelease>,
) => releaseOf({ ...aStray, ...more }, before, lookedUp, 50, 500);

t.test('nobody ever claimed it: no release', (t) => {
  t.equal(release({}), undefined);
  t.equal(release({}, 'released'), undefined);
  t.end();
});

t.test('a disappearance stands by itself only after a look-up', (t) => {
  t.match(release({ vouched: true }), {
    kind: 'disappearance',
    capped: 'no-lookup',
    firstReadMs: 500,
    project,
  });
  t.match(release({ vouched: true }, 'released'), { kind: 'disappearance', capped: undefined });
  t.equal(release({ vouched: true }, 'claimed'), undefined);
  const capped = aRelease({ kind: 'disappearance', capped: 'no-lookup', firstReadMs: 200 });
  t.match(release({ vouched: true }, 'released', capped), { capped: undefined, firstReadMs: 200 });
  t.equal(release({ vouched: true }, 'claimed', capped), undefined);
  t.equal(release({ vouched: true }, 'not yet', capped), capped);
  t.end();
});

t.test('a tombstone proves this incarnation if it names it, or was read after it was seen', (t) => {
  t.match(release({ tombstones: [stone(`a#${incarnation}`, 10)] }), { kind: 'tombstone', capped: undefined });
  t.match(release({ tombstones: [stone('a', 100)] }), { capped: undefined, firstReadMs: 500 });
  t.match(release({ tombstones: [stone('a', 99)] }), { capped: 'tombstone-older' });
  t.match(release({ tombstones: [stone('a', 99)], seenBefore: true }), { capped: undefined });
  t.match(
    release({ tombstones: [stone('a', 49)], seenBefore: true }),
    { capped: 'tombstone-older' },
    'an earlier leadership read it: nobody knows what was first',
  );
  t.equal(release({ tombstones: [stone('a#other', 400), stone('a@h2', 400)] }), undefined);
  t.match(release({ tombstones: [stone('a@h1/q', 400, true)] }), { project: 'q', projectReleased: true });
  t.end();
});

t.test('the best proof stands, and is not given up for a lesser one', (t) => {
  const older = stone('a', 10);
  t.match(release({ vouched: true, tombstones: [older] }), { kind: 'disappearance', capped: 'no-lookup' });
  t.match(release({ vouched: true, tombstones: [older] }, 'released'), { kind: 'disappearance' });
  t.match(release({ vouched: true, tombstones: [stone('a', 300)] }, 'released'), { kind: 'tombstone' });
  const standing = aRelease({ kind: 'tombstone', capped: undefined, firstReadMs: 120 });
  const held = [stone('a', 300)];
  t.equal(release({ vouched: true, tombstones: held }, 'released', standing), standing);
  t.equal(release({ tombstones: held }, 'claimed', standing), standing);
  const gone = aRelease({ kind: 'disappearance', capped: undefined, firstReadMs: 120 });
  t.match(release({ tombstones: [stone('a', 300)] }, 'not yet', gone), {
    kind: 'tombstone',
    firstReadMs: 120,
  });
  t.match(
    release({ tombstones: [stone('a', 300, true), stone(`a#${incarnation}`, 300)] }),
    { projectReleased: false },
    'the one that speaks of this servo alone',
  );
  t.end();
});

t.test('a tombstone that the authority has taken back proves nothing any more', (t) => {
  for (const capped of [undefined, 'tombstone-older'] as const) {
    const standing = aRelease({ kind: 'tombstone', capped, firstReadMs: 120 });
    t.equal(release({}, 'not yet', standing), undefined);
    t.equal(
      release({ tombstones: [stone('a@h2', 10), stone('a#other', 10)] }, 'not yet', standing),
      undefined,
    );
    t.match(
      release({ vouched: true }, 'not yet', standing),
      { kind: 'disappearance', capped: 'no-lookup', firstReadMs: 500 },
      'what is left begins now',
    );
    t.equal(release({ vouched: true }, 'claimed', standing), undefined);
  }
  t.end();
});
