import t from 'tap';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import { aContext, cell } from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';

const seeing = (fresh: number, enrolled: number) =>
  aContext({}, { cells: new Map([[cell, { enrolled, fresh }]]) });

t.test('two thirds of the enrolled hosts', (t) => {
  answers(t, askGate('fleet-quorum', seeing(2, 3)), 'pass', /2 of 3 hosts of c1 are fresh, at least 2/);
  answers(t, askGate('fleet-quorum', seeing(66, 99)), 'pass', /66 of 99/);
  answers(t, askGate('fleet-quorum', seeing(65, 99)), 'refuse', /only 65 of 99 .* fewer than 66/);
  aloneBlocks(t, 'fleet-quorum', seeing(1, 3));
  answers(t, askGate('fleet-quorum', aContext({}, { cells: new Map() })), 'refuse', /only 0 of 0/);
  t.end();
});

t.test('two thirds of what three do not divide is more, never less', (t) => {
  answers(t, askGate('fleet-quorum', seeing(3, 4)), 'pass', /3 of 4 .* at least 3/);
  answers(t, askGate('fleet-quorum', seeing(2, 4)), 'refuse', /fewer than 3/);
  t.end();
});
