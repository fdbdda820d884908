import t from 'tap';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import { ago, aContext, operator } from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';

t.test('a freeze alone blocks everything', (t) => {
  answers(t, askGate('freeze', aContext()), 'pass', /no freeze/);
  const frozen = aContext({ freeze: { by: operator, reason: 'incident 12', since: ago(1000) } });
  answers(t, askGate('freeze', frozen), 'refuse', /frozen by ada: incident 12/);
  aloneBlocks(t, 'freeze', frozen);
  t.end();
});
