import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { quorum } from '../../../../../coordinator/src/decide/gates/evidence/quorum.ts';
import { judge } from '../../../../../coordinator/src/decide/verdict.ts';
import { anOrphan, aRelease, aVoice, given, registry, router } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

t.test('two sources pass, one is capped, none or not the authority refuses', (t) => {
  answers(t, quorum(anOrphan(), given), 'pass', /2 independent sources .*registry, router/);
  answers(
    t,
    quorum(anOrphan({ voices: [aVoice(registry), aVoice(router, { says: 'nothing' })] }), given),
    'cap',
    /1 source/,
  );
  const silent = anOrphan({ voices: [aVoice(registry, { says: 'nothing' }), aVoice(router)] });
  answers(t, quorum(silent, given), 'refuse', /authority does not say/);
  aloneRefuses(t, 'quorum', silent, 'suspect');
  t.end();
});

t.test('witnesses of one source are one vote', (t) => {
  const copy = { ...router, id: parseId('witness', 'router-2'), source: registry.source };
  answers(t, quorum(anOrphan({ voices: [aVoice(registry), aVoice(copy)] }), given), 'cap', /1 source/);
  t.end();
});

t.test('any claim makes it live, and no vote counts against it', (t) => {
  const claimed = anOrphan({ voices: [aVoice(registry), aVoice(router, { says: 'claims' })] });
  answers(t, quorum(claimed, given), 'refuse', /router claims it/);
  t.equal(judge(claimed, given).verdict, 'live');
  t.end();
});

t.test('an unconfirmed disappearance and an older tombstone are capped', (t) => {
  answers(t, quorum(anOrphan({ release: aRelease({ capped: 'no-lookup' }) }), given), 'cap', /no look-up/);
  answers(
    t,
    quorum(anOrphan({ release: aRelease({ capped: 'tombstone-older' }) }), given),
    'cap',
    /before this one was seen/,
  );
  t.ok(judge(anOrphan({ release: aRelease({ capped: 'no-lookup' }) }), given).capped);
  t.end();
});

t.test('without an authority nobody says that it was released', (t) => {
  answers(t, quorum(anOrphan({ voices: [aVoice(router)] }), given), 'refuse', /authority does not say/);
  answers(t, quorum(anOrphan({ voices: [] }), given), 'refuse', /authority does not say/);
  t.end();
});
