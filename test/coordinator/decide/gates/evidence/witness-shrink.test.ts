import t from 'tap';
import { witnessShrink } from '../../../../../coordinator/src/decide/gates/evidence/witness-shrink.ts';
import { anOrphan, given, registry, router } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

t.test('a snapshot that waits for an operator stops everything, whatever it waits for', (t) => {
  answers(t, witnessShrink(anOrphan(), given), 'pass', /no witness lost/);
  for (const why of ['lineage', 'version', 'shrink'] as const) {
    const waiting = { why, message: 'claims fell from 1000 to 12', hash: 'f00' };
    const evidence = anOrphan({ witnesses: [registry, { ...router, waiting }] });
    answers(t, witnessShrink(evidence, given), 'refuse', /router waits .* from 1000 to 12/);
    aloneRefuses(t, 'witness-shrink', evidence, 'suspect');
  }
  t.end();
});
