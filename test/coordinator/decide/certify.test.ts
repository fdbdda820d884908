import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { advanceTracks } from '../../../coordinator/src/decide/certify.ts';
import type { GenerationFacts } from '../../../coordinator/src/domain/plan.ts';
import type { Track } from '../../../coordinator/src/domain/operator.ts';
import {
  aContext,
  ago,
  aTrack,
  cell,
  day,
  generation,
  h1,
  now,
  otherReader,
  readerVersion,
} from '../../support/build.ts';

const fact: GenerationFacts = {
  cell,
  generation,
  readerVersion,
  expected: 400,
  found: 400,
  hostsExpected: 12,
  hostsFound: 12,
  swappedHosts: [],
};
const advance = (track: Track | undefined, facts: Partial<GenerationFacts> = {}, context = {}) =>
  advanceTracks(
    [{ ...fact, ...facts }],
    aContext({ tracks: track === undefined ? [] : [track] }, context),
  )[0];
const young: Track = { ...aTrack, certified: 'observe', since: ago(2 * day).waitMs };

t.test('a day of judging rightly, and a confirmed orphan, earn propose; a week earns enforce', (t) => {
  t.strictSame([advance(undefined)?.certified, advance(undefined)?.since], ['observe', now.waitMs]);
  t.equal(advance(young)?.certified, 'propose');
  t.equal(advance({ ...young, since: ago(7 * day).waitMs })?.certified, 'enforce');
  t.equal(advance({ ...young, since: ago(day).waitMs + 1 })?.certified, 'observe');
  const unconfirmed = advance({ ...young, confirmedOrphan: undefined, since: ago(30 * day).waitMs });
  t.equal(unconfirmed?.certified, 'observe');
  t.match(unconfirmed?.message, /no true orphan of it was confirmed/);
  t.end();
});

t.test('whatever breaks it starts the time again, and takes nothing that was earned', (t) => {
  const breaks: Partial<GenerationFacts>[] = [
    { found: 397 },
    { hostsFound: 9 },
    { swappedHosts: [h1] },
    { expected: 0, found: 0 },
    { expected: 5, found: 3 },
  ];
  for (const broken of breaks) {
    const after = advance({ ...young, certified: 'propose' }, broken);
    t.strictSame([after?.since, after?.certified], [undefined, 'propose'], JSON.stringify(broken));
    t.not(after?.message, '');
  }
  t.end();
});

t.test('time in which a witness could not be read does not count, and breaks nothing', (t) => {
  const paused = advance({ ...young, since: ago(day).waitMs }, {}, { unseenMs: 1000 });
  t.strictSame([paused?.since, paused?.certified], [ago(day).waitMs + 1000, 'observe']);
  t.match(paused?.message, /paused/);
  t.equal(advance({ ...young, since: ago(day).waitMs })?.certified, 'propose');
  t.end();
});

t.test('a generation of four servos is certified by all of them', (t) => {
  const four = { expected: 4, found: 4, hostsExpected: 2, hostsFound: 2 };
  t.equal(advance(young, four)?.certified, 'propose');
  t.equal(advance(young, { ...four, found: 3 })?.certified, 'propose', 'all but one');
  t.equal(advance(young, { ...four, found: 2 })?.since, undefined);
  t.end();
});

t.test('an edited mapping voids everything; another reader version starts on its own', (t) => {
  const voided = advance({ ...aTrack, certified: 'enforce' }, {}, { mappingHash: 'mapping-2' });
  t.strictSame(
    [voided?.certified, voided?.confirmedOrphan, voided?.mappingHash],
    ['observe', undefined, 'mapping-2'],
  );
  const tracks = advanceTracks([{ ...fact, readerVersion: otherReader }], aContext({ tracks: [aTrack] }));
  t.strictSame(
    tracks.map((x) => [x.readerVersion.slice(0, 1), x.certified]),
    [
      ['a', 'enforce'],
      ['b', 'observe'],
    ],
  );
  t.end();
});

t.test('says where it stands', (t) => {
  const says = (track: Track | undefined, facts: Partial<GenerationFacts> = {}, context = {}) =>
    advance(track, facts, context)?.message;
  const judged = '400 of 400 known-live servos on 12 hosts judged live without a break';
  t.equal(says(young), `${judged}; needs 7 d of that`);
  t.equal(says({ ...young, since: now.waitMs }), `${judged}; needs 24 h of that`);
  t.equal(
    says({ ...young, since: now.waitMs, confirmedOrphan: undefined }),
    `${judged}; needs 24 h of that; no true orphan of it was confirmed yet`,
  );
  t.equal(
    says({ ...young, certified: 'propose', confirmedOrphan: undefined }),
    `${judged}; needs 7 d of that; no true orphan of it was confirmed yet`,
  );
  t.equal(says({ ...young, since: ago(8 * day).waitMs }), judged);
  t.equal(says(young, { expected: 0, found: 0 }), 'the authority expects no servo on any of its hosts');
  t.equal(
    says(young, { found: 397 }),
    'of 400 servos expected, only 397 were found and judged live, fewer than 398',
  );
  t.equal(says(young, { hostsFound: 9 }), '9 of its hosts are fresh and complete, fewer than 10');
  t.equal(
    says(young, { swappedHosts: [h1, parseId('host', 'h2')] }),
    'h1, h2 has missed an expected servo for too long',
  );
  t.equal(says(young, {}, { unseenMs: 1 }), 'paused: a witness has no fresh snapshot');
  t.end();
});

t.test('what was earned is kept while the time of a higher mode runs', (t) => {
  t.equal(advance({ ...aTrack, certified: 'enforce', since: ago(2 * day).waitMs })?.certified, 'enforce');
  t.equal(advance({ ...aTrack, certified: 'propose', since: now.waitMs })?.certified, 'propose');
  t.end();
});

t.test('time in which nothing ran cannot be paused', (t) => {
  const resting = advance({ ...young, since: undefined }, {}, { unseenMs: 1000 });
  t.equal(resting?.since, now.waitMs, 'it begins now');
  t.end();
});

t.test('of so many servos and hosts, no more are asked for than the policy does', (t) => {
  t.equal(
    advance(young, { expected: 400, found: 398, hostsExpected: 12, hostsFound: 10 })?.certified,
    'propose',
  );
  t.equal(
    advance(young, { expected: 1, found: 0 })?.since,
    undefined,
    'one servo is found, or nothing is shown',
  );
  t.end();
});
