import t from 'tap';
import { maxSamplesPerServo, measure, type ActivityMemory } from '../../../agent/src/scan/activity.ts';
import type { Usage } from '../../../agent/src/scan/runtime/port.ts';
import { at } from './support.ts';

const limits = { windowMs: 900_000, quietCpuPermille: 10, quietBytesPerS: 200 };
const usage = (cpuMs: number | undefined, connections: number | 'hidden' = 0): Usage => ({
  cpuMs,
  cpuStepMs: 10,
  connections: connections === 'hidden' ? undefined : connections,
});

/** Activities of a servo that is sampled every `everyMs`; `scale` is how much faster waits pass. */
function activities(samples: readonly Usage[], everyMs: number, scale = 1) {
  let memory: ActivityMemory = new Map();
  return samples.map((sample, i) => {
    const { history, measured } = measure(memory, 'k', sample, at(i * everyMs * scale, i * everyMs), limits);
    memory = new Map([['k', history]]);
    return measured.activity;
  });
}
const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));

t.test('quiet only after a whole window without anything', async (t) => {
  const found = activities(
    times(92, () => usage(500)),
    10_000,
  );
  t.equal(found.indexOf('quiet'), 90, '90 times 10 s are 15 min');
  t.ok(found.slice(0, 90).every((a) => a === 'measuring'));
  t.ok(found.slice(90).every((a) => a === 'quiet'));
});

t.test('CPU is active above 1 % of a core over the window, and not at it', async (t) => {
  t.equal(
    activities(
      times(92, (i) => usage(i * 100)),
      10_000,
    ).at(-1),
    'quiet',
  );
  t.equal(
    activities(
      times(92, (i) => usage(i * 102)),
      10_000,
    ).at(-1),
    'active',
  );
});

t.test('one step of the counter is allowed, two are not, however short the window', async (t) => {
  const scaled = (cpu: readonly number[]) =>
    activities(
      cpu.map((c) => usage(c)),
      100,
      30_000,
    ).at(-1);
  t.equal(scaled([0, 0, 10]), 'quiet');
  t.equal(scaled([0, 0, 20]), 'active');
});

t.test('where waits are scaled the window is still two scans', async (t) => {
  t.strictSame(
    activities(
      times(4, () => usage(0)),
      1000,
      30_000,
    ),
    ['measuring', 'measuring', 'quiet', 'quiet'],
  );
  t.strictSame(activities([usage(0), usage(300), usage(300), usage(300), usage(300)], 1000, 30_000), [
    'measuring',
    'active',
    'active',
    'quiet',
    'quiet',
  ]);
});

t.test('a connection is active for a whole window, and until then', async (t) => {
  const found = activities(
    times(120, (i) => usage(0, i === 5 ? 1 : 0)),
    10_000,
  );
  t.equal(found[5], 'active');
  const quiet = found.indexOf('quiet');
  t.ok(quiet >= 5 + 90, `never shorter than the window (${quiet})`);
  t.ok(quiet <= 5 + 90 + 14, `and hardly longer (${quiet})`);
  t.ok(found.slice(5, quiet).every((a) => a === 'active'));
});

t.test('what cannot be seen is unknown for a whole window, unless what can be seen is active', async (t) => {
  const found = activities(
    times(120, (i) => usage(0, i === 5 ? 'hidden' : 0)),
    10_000,
  );
  t.ok(found.slice(5, 95).every((a) => a === 'unknown'));
  t.equal(found.at(-1), 'quiet');
  t.equal(activities([usage(undefined)], 10_000)[0], 'unknown');
  t.equal(activities([usage(undefined, 1)], 10_000)[0], 'active');
  t.equal(activities([usage(0, 'hidden'), usage(5000, 'hidden')], 10_000)[1], 'active');
});

t.test('a counter that sinks lost the time of something that worked', async (t) => {
  const found = activities(
    times(120, (i) => usage(i < 5 ? 500 : 100)),
    10_000,
  );
  t.equal(found[4], 'measuring');
  t.equal(found[5], 'active');
  t.equal(found.at(-1), 'quiet');
});

t.test('a new incarnation begins anew', async (t) => {
  const { history } = measure(new Map(), 'u b:1:1', usage(0), at(0), limits);
  const { measured } = measure(new Map([['u b:1:1', history]]), 'u b:2:2', usage(0), at(1_000_000), limits);
  t.equal(measured.activity, 'measuring');
  t.equal(measured.cpuPermille, undefined);
});

t.test('the latest measurement is since the scan before', async (t) => {
  const { history } = measure(new Map(), 'k', usage(100), at(0), limits);
  const second = measure(new Map([['k', history]]), 'k', usage(600, 3), at(10_000), limits);
  t.strictSame(second.measured, { activity: 'active', cpuPermille: 50, connections: 3 });
  t.equal(
    measure(new Map([['k', history]]), 'k', usage(600), at(0), limits).measured.cpuPermille,
    undefined,
    'no time passed',
  );
});

t.test('memory of one servo is bounded, however often it is sampled', async (t) => {
  let memory: ActivityMemory = new Map();
  let most = 0;
  for (let i = 0; i < 5000; i += 1) {
    const { history } = measure(memory, 'k', usage(0), at(i * 500), limits);
    memory = new Map([['k', history]]);
    most = Math.max(most, history.samples.length);
  }
  t.ok(most <= maxSamplesPerServo, `${most}`);
  t.equal(measure(memory, 'k', usage(0), at(5000 * 500), limits).measured.activity, 'quiet');
});
