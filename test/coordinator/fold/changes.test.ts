import t from 'tap';
import { Changes } from '../../../coordinator/src/fold/changes.ts';
import { aRelease, h1, incarnation, uid } from '../../support/build.ts';
import { registryProfile, routerProfile } from '../../support/fleet.ts';

const place = { host: h1, uid, incarnation };
const vouched = (...witnesses: readonly (typeof registryProfile.id)[]) => ({ ...place, witnesses });

t.test('the latest word stands', (t) => {
  const changes = new Changes();
  changes.released(aRelease({ capped: 'no-lookup' }));
  changes.released(aRelease());
  changes.vouched(vouched(registryProfile.id), true);
  changes.vouched(vouched(registryProfile.id, routerProfile.id), false);
  t.match(changes.take(), {
    releasesAdded: [{ capped: undefined }],
    vouchedAdded: [{ witnesses: ['registry', 'router'] }],
    vouchedRemoved: [],
  });
  const taken = changes.take();
  t.strictSame([taken.releasesAdded, taken.vouchedAdded], [[], []]);
  t.end();
});

t.test('what came and went, and what went and came', (t) => {
  const changes = new Changes();
  changes.vouched(vouched(registryProfile.id), true);
  changes.vouchedGone(place);
  changes.released(aRelease());
  changes.releaseGone(place);
  const gone = changes.take();
  t.strictSame(gone.vouchedAdded, []);
  t.strictSame(gone.vouchedRemoved, [place]);
  t.strictSame(gone.releasesAdded, []);
  t.equal(gone.releasesRemoved.length, 1);
  changes.vouchedGone(place);
  changes.vouched(vouched(registryProfile.id), true);
  const back = changes.take();
  t.strictSame(back.vouchedRemoved, []);
  t.equal(back.vouchedAdded.length, 1);
  t.end();
});

t.test('what could not be made durable is given back, below what was learned since', (t) => {
  const changes = new Changes();
  changes.released(aRelease());
  changes.vouched(vouched(registryProfile.id), true);
  const failed = changes.take();
  changes.releaseGone(place);
  changes.giveBack(failed);
  const again = changes.take();
  t.strictSame(again.releasesAdded, []);
  t.equal(again.releasesRemoved.length, 1);
  t.equal(again.vouchedAdded.length, 1);
  t.end();
});
