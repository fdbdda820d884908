import t from 'tap';
import { quiet } from '../../../../../coordinator/src/decide/gates/evidence/quiet.ts';
import { anInventory, anOrphan, given } from '../../../../support/build.ts';
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

t.test('what was measured is said, and what was not', (t) => {
  const active = (inventory: Parameters<typeof anInventory>[1], row = 0) =>
    quiet(anOrphan({ activity: 'active', row }, { inventory: anInventory([{}], inventory) }), given);
  const measured = { cpuPermille: Int32Array.of(125), connections: Int32Array.of(3) };
  answers(t, active(measured), 'refuse', /\(CPU 12.5 % of a core, 3 connection\(s\)\)$/);
  const hidden = { cpuPermille: Int32Array.of(-1), connections: Int32Array.of(-1) };
  answers(t, active(hidden), 'refuse', /\(CPU not known, connections not known\)$/);
  answers(t, active(measured, 7), 'refuse', /\(CPU not known, connections not known\)$/);
  const nowhere = anOrphan({ activity: 'active' }, { inventory: undefined });
  answers(t, quiet(nowhere, given), 'refuse', /CPU not known, connections not known/);
  t.end();
});
