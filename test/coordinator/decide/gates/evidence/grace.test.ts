import t from 'tap';
import { grace } from '../../../../../coordinator/src/decide/gates/evidence/grace.ts';
import { ago, anOrphan, aRelease, given, hour, minute, now } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

t.test('an hour after the release, a quarter after it was seen', (t) => {
  answers(
    t,
    grace(anOrphan({ release: aRelease({ firstReadMs: ago(hour).waitMs }) }), given),
    'pass',
    /released 1 h ago/,
  );
  const early = anOrphan({ release: aRelease({ firstReadMs: ago(hour).waitMs + 1 }) });
  answers(t, grace(early, given), 'refuse', /less than 1 h/);
  aloneRefuses(t, 'grace', early, 'suspect');
  const young = anOrphan({ firstSeenMs: ago(15 * minute).waitMs + 1 });
  answers(t, grace(young, given), 'refuse', /first seen/);
  aloneRefuses(t, 'grace', young, 'suspect');
  answers(t, grace(anOrphan({ release: undefined }), given), 'refuse', /not released/);
  t.end();
});

t.test('only waiting counts: a wall clock that jumps ahead shortens nothing', (t) => {
  const early = anOrphan({ release: aRelease({ firstReadMs: ago(minute).waitMs }) });
  answers(
    t,
    grace(early, { ...given, now: { ...now, wallMs: now.wallMs + 24 * hour } }),
    'refuse',
    /released 60 s ago/,
  );
  t.end();
});

t.test('a servo that was first seen exactly so long ago has waited', (t) => {
  answers(t, grace(anOrphan({ firstSeenMs: ago(15 * minute).waitMs }), given), 'pass', /seen 15 min ago/);
  t.end();
});
