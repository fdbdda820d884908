// An order that this host would execute, and everything about it that a test may change.
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { LocalLimits, Memory, Row, Sight, Standing, Terms } from '../../../agent/src/judge/facts.ts';

export const hour = 3_600_000;
export const hash = (text: string) => sha256Hex(text);

export function nowAt(ms: number, waitMs = ms): Now {
  return { bootId: parseId('boot', 'b'), monoMs: ms, bootMs: ms, wallMs: ms, waitMs };
}

export function terms(more: Partial<Terms> = {}): Terms {
  return {
    id: parseId('order', 'o-1'),
    installation: parseId('installation', 'main'),
    host: parseId('host', 'h-1'),
    epoch: parseEpoch(3),
    decision: { version: 7, hash: hash('decision 7') },
    uid: parseId('servo uid', 's-1'),
    incarnation: parseId('incarnation', 'b:1:1'),
    identity: hash('identity'),
    livesMs: 60_000,
    acknowledged: [],
    ...more,
  };
}

export function memory(more: Partial<Memory> = {}): Memory {
  return {
    damage: undefined,
    installation: parseId('installation', 'main'),
    epoch: 3,
    decision: { version: 7, hash: hash('decision 7') },
    order: 'new',
    stopsMs: [],
    ...more,
  };
}

export function standing(more: Partial<Standing> = {}): Standing {
  return {
    signed: true,
    host: parseId('host', 'h-1'),
    nonceSentAt: nowAt(1_000_000),
    memory: memory(),
    ...more,
  };
}

export function row(more: Partial<Row> = {}): Row {
  return {
    incarnation: parseId('incarnation', 'b:1:1'),
    identity: hash('identity'),
    state: 'running',
    activity: 'quiet',
    cpuPermille: 0,
    connections: 0,
    contradiction: 'none',
    restorable: true,
    ...more,
  };
}

export function sight(more: Partial<Sight> = {}): Sight {
  return {
    problems: [],
    servos: 40,
    rows: [row()],
    hold: { kind: 'none' },
    keepable: { keepable: true },
    ...more,
  };
}

export const limits: LocalLimits = {
  stops: 1,
  windowMs: hour / 6,
  longShare: 0.05,
  longWindowMs: 24 * hour,
};
