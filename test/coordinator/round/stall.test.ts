// How long this process did not run, by whichever clock says most.
import t, { type Test } from 'tap';
import { StallWatch } from '../../../coordinator/src/round/stall.ts';
import { World, type Machine } from '../../support/cell/world.ts';

function watch(t: Test): { readonly machine: Machine; readonly stalls: StallWatch } {
  const machine = new World().machine('k1');
  const stalls = new StallWatch(machine.clock(0));
  t.teardown(() => stalls.stop());
  return { machine, stalls };
}

t.test('what is looked at often enough is no stall', async (t) => {
  const { machine, stalls } = watch(t);
  for (let i = 0; i < 100; i++) {
    machine.move(400);
    stalls.look();
  }
  t.equal(stalls.longestMs(60_000), 0);
});

t.test('a stall, a sleep and a jump of the wall clock', async (t) => {
  const ways: readonly (readonly [string, (m: Machine) => void])[] = [
    ['stall', (m) => m.move(7_250)],
    ['sleep', (m) => m.sleep(7_250)],
    ['jump', (m) => m.jump(7_250)],
  ];
  for (const [name, pass] of ways) {
    const { machine, stalls } = watch(t);
    pass(machine);
    t.equal(stalls.longestMs(60_000), 7_000, `${name}: seen when asked, even before the timer looks`);
  }
});

t.test('the longest counts, for as long as the evidence of before does', async (t) => {
  const { machine, stalls } = watch(t);
  machine.move(9_250);
  stalls.look();
  machine.move(3_250);
  stalls.look();
  t.equal(stalls.longestMs(30_000), 9_000);
  for (let i = 0; i < 100; i++) {
    machine.move(300);
    stalls.look();
  }
  t.equal(stalls.longestMs(30_000), 3_000, 'the first ended more than 30 s ago, the second just 30 s');
  machine.move(1);
  t.equal(stalls.longestMs(30_000), 0);
  t.equal(stalls.longestMs(60_000), 9_000, 'older evidence still counts it');
});

t.test('many small ones do not push a large one out of sight at once', async (t) => {
  const { machine, stalls } = watch(t);
  machine.move(20_250);
  stalls.look();
  for (let i = 0; i < 30; i++) {
    machine.move(600);
    stalls.look();
  }
  t.equal(stalls.longestMs(60_000), 20_000);
});
