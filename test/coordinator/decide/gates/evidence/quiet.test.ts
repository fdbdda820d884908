import t from 'tap';
import { quiet } from '../../../../../coordinator/src/decide/gates/evidence/quiet.ts';
import { anOrphan, given } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

t.test('quiet passes, unknown is capped, the rest refuses', (t) => {
  answers(
    t,
    quiet(anOrphan({ activity: 'quiet' }), given),
    'pass',
    /no traffic and no work in the last 15 min/,
  );
  answers(t, quiet(anOrphan({ activity: 'unknown' }), given), 'cap', /cannot tell/);
  answers(
    t,
    quiet(anOrphan({ activity: 'active' }), given),
    'refuse',
    /worked or served .*CPU 0 % of a core, 0 connection/,
  );
  answers(t, quiet(anOrphan({ activity: 'measuring' }), given), 'refuse', /not yet measured/);
  aloneRefuses(t, 'quiet', anOrphan({ activity: 'active' }), 'suspect');
  aloneRefuses(t, 'quiet', anOrphan({ activity: 'measuring' }), 'suspect');
  t.end();
});
