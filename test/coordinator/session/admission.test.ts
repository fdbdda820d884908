// So many at once, the rest in order, and a place is given back once.
import { mock } from 'node:test';
import t from 'tap';
import { Admission } from '../../../coordinator/src/session/admission.ts';

t.test('as many as there are places come in at once; the next one waits until one leaves', async (t) => {
  const admission = new Admission(2);
  const first = await admission.enter();
  const second = await admission.enter();
  const order: string[] = [];
  const third = admission.enter().then((leave) => (order.push('third'), leave));
  const fourth = admission.enter().then((leave) => (order.push('fourth'), leave));
  await Promise.resolve();
  t.strictSame(order, [], 'both wait');
  second?.();
  await third;
  t.strictSame(order, ['third'], 'in the order in which they came');
  first?.();
  await fourth;
  t.strictSame(order, ['third', 'fourth']);
});

t.test('leaving twice gives one place back', async (t) => {
  const admission = new Admission(1);
  const leave = await admission.enter();
  const second = admission.enter();
  let third = false;
  void admission.enter().then(() => (third = true));
  leave?.();
  leave?.();
  await second;
  await new Promise(setImmediate);
  t.notOk(third, 'the one place is taken');
});

t.test('a place that nobody waits for is free again', async (t) => {
  const admission = new Admission(1);
  (await admission.enter())?.();
  t.type(await admission.enter(), 'function');
});

t.test('beyond the longest queue a host is sent away', async (t) => {
  const admission = new Admission(0);
  const waiting = Array.from({ length: 20_000 }, () => admission.enter());
  t.equal(await admission.enter(), undefined);
  t.equal(waiting.length, 20_000);
});

t.test('a place that is kept too long is given on, once', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const admission = new Admission(1);
  const stuck = await admission.enter();
  const order: string[] = [];
  const second = admission.enter().then((leave) => (order.push('second'), leave));
  void admission.enter().then(() => order.push('third'));
  mock.timers.tick(29_999);
  await new Promise(setImmediate);
  t.strictSame(order, []);
  mock.timers.tick(1);
  await second;
  stuck?.();
  await new Promise(setImmediate);
  t.strictSame(order, ['second'], 'leaving late gives nothing back again');
});
