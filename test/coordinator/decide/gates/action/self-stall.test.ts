import t from 'tap';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import { aContext } from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';

t.test('a coordinator that slept since it read the evidence does nothing', (t) => {
  answers(t, askGate('self-stall', aContext({}, { stalledMs: 5000 })), 'pass', /5 s, at most 5 s/);
  answers(t, askGate('self-stall', aContext({}, { stalledMs: 6 * 3600_000 })), 'refuse', /slept for 6 h/);
  aloneBlocks(t, 'self-stall', aContext({}, { stalledMs: 5001 }));
  t.end();
});
