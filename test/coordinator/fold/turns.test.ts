import t from 'tap';
import { Turns } from '../../../coordinator/src/fold/turns.ts';

t.test('after a while others should have their turn, and get it', async (t) => {
  const turns = new Turns();
  while (!turns.over);
  let ran = false;
  setImmediate(() => {
    ran = true;
  });
  await turns.give();
  t.equal(ran, true);
});
