import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { readBootId, systemClock } from '../../proto/src/clock.ts';
import { stalenessMs } from '../../proto/src/time.ts';

t.test('the clocks of this machine go on', async (t) => {
  const clock = systemClock(5000, 1);
  const first = clock.now();
  t.equal(first.bootId, readBootId());
  t.ok(first.bootMs >= first.monoMs, 'boot time counts suspend, the monotonic clock does not');
  t.ok(first.waitMs >= 5000, 'what earlier runs waited counts');
  let now = clock.now();
  while (now.monoMs < first.monoMs + 20) {
    await delay(1);
    now = clock.now();
  }
  t.ok(stalenessMs(first, now) >= 20);
  t.ok(Math.abs(now.waitMs - first.waitMs - (now.monoMs - first.monoMs)) < 1e-6);
});

t.test('only waits are scaled', async (t) => {
  const clock = systemClock(0, 1000);
  const first = clock.now();
  let now = clock.now();
  while (now.monoMs === first.monoMs) {
    await delay(1);
    now = clock.now();
  }
  const elapsed = now.monoMs - first.monoMs;
  t.ok(Math.abs(now.waitMs - first.waitMs - elapsed * 1000) < 1e-3);
  t.ok(now.wallMs - first.wallMs < elapsed + 1000);
});
