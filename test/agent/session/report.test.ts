import t from 'tap';
import { inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { maxChangesPerHeartbeat } from '@servo-auditor/proto/limits.ts';
import type { Problem, Servo } from '@servo-auditor/proto/wire.ts';
import { reportOf } from '../../../agent/src/session/report.ts';
import type { Inventory } from '../../../agent/src/scan/scan.ts';
import { nowAt } from '../support/orders.ts';

const generation = parseId('generation', 'labels/process');

function servo(n: number, more: Partial<Servo> = {}): Servo {
  const name = String(n).padStart(4, '0');
  return {
    uid: parseId('servo uid', `s-${name}`),
    incarnation: parseId('incarnation', `i-${name}`),
    runtimeId: parseId('runtime id', `r-${name}`),
    state: 'running',
    activity: 'quiet',
    contradiction: 'none',
    ...more,
  };
}

function inventory(servos: readonly Servo[], problems: readonly Problem[] = []): Inventory {
  return {
    generation,
    servos,
    digest: inventoryDigest(generation, servos),
    problems,
    complete: problems.length === 0,
    facts: new Map(),
    began: nowAt(0),
    activity: new Map(),
  };
}

const two = inventory([servo(1), servo(2)]);

t.test('everything, at first and when asked', (t) => {
  t.strictSame(reportOf(two, undefined, false), { kind: 'snapshot' });
  t.strictSame(reportOf(two, two, true), { kind: 'snapshot' });
  t.strictSame(reportOf(two, two, false), { kind: 'heartbeat', changes: [] });
  t.end();
});

t.test('everything, when it is another inventory', (t) => {
  const others = {
    'a servo more': inventory([servo(1), servo(2), servo(3)]),
    'another incarnation': inventory([servo(1), servo(2, { incarnation: parseId('incarnation', 'x') })]),
    'a contradiction, which no digest covers': inventory([
      servo(1),
      servo(2, { contradiction: 'no-record' }),
    ]),
    'a project, which no digest covers': inventory([
      servo(1),
      servo(2, { project: parseId('project', 'p') }),
    ]),
    'a problem': inventory(two.servos, [{ path: '/a', code: 'not-json', message: 'm' }]),
  };
  for (const [what, other] of Object.entries(others)) {
    t.strictSame(reportOf(other, two, false), { kind: 'snapshot' }, what);
    t.strictSame(reportOf(two, other, false), { kind: 'snapshot' }, `${what}, gone`);
  }
  t.end();
});

t.test('state and activity travel as changes, up to a limit', (t) => {
  const changed = inventory([servo(1), servo(2, { activity: 'active', connections: 3, cpuPermille: 7 })]);
  t.strictSame(reportOf(changed, two, false), {
    kind: 'heartbeat',
    changes: [{ index: 1, state: 'running', activity: 'active', connections: 3, cpuPermille: 7 }],
  });
  const measured = inventory([servo(1), servo(2, { connections: 0, cpuPermille: 1 })]);
  t.strictSame(
    reportOf(measured, two, false),
    { kind: 'heartbeat', changes: [] },
    'numbers alone are no change',
  );
  for (const [count, kind] of [
    [maxChangesPerHeartbeat, 'heartbeat'],
    [maxChangesPerHeartbeat + 1, 'snapshot'],
  ] as const) {
    const many = Array.from({ length: count }, (_, n) => servo(n));
    const stopped = inventory(many.map((s) => ({ ...s, state: 'quarantined' })));
    t.match(reportOf(stopped, inventory(many), false), { kind });
  }
  t.end();
});
