import t from 'tap';
import { Turns } from '../../../coordinator/src/fold/turns.ts';

t.test('others have their turn', async (t) => {
  const turns = new Turns();
  t.equal(turns.over, false);
  while (!turns.over);
  let ran = false;
  setImmediate(() => {
    ran = true;
  });
  await turns.give();
  t.equal(ran, true);
  t.equal(turns.over, false);
});
