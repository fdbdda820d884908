// Whether an entry of the journal holds what everything that remembers is built on. Pure.
//
// Its hash says that some agent wrote it. This says that it is one that this agent understands: an entry of another release, or
// of a fault, is damage that is named, never half of a memory. What an entry has beside is its writer's, and is left alone.
import { isId } from '@servo-auditor/proto/ids.ts';
import { actions, outcomes } from '@servo-auditor/proto/wire.ts';
import type { Entry } from './entries.ts';

type Check = (value: unknown) => boolean;

const whole: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const flag: Check = (value) => typeof value === 'boolean';
const text: Check = (value) => typeof value === 'string';
const order: Check = (value) => isId('order', value);
const oneOf =
  (words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const orNothing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const having =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check(fieldOf(value, name)));

function fieldOf(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

const installation: Check = (value) => isId('installation', value);
const mark = having({ sequence: whole, hash: (value) => isId('digest', value) });
const decision = having({ version: whole, hash: (value) => isId('digest', value) });
const intent = having({
  order,
  local: flag,
  action: oneOf(actions),
  uid: (value) => isId('servo uid', value),
  incarnation: (value) => isId('incarnation', value),
  runtimeId: (value) => isId('runtime id', value),
  project: orNothing((value) => isId('project', value)),
});
const result = {
  outcome: oneOf(outcomes),
  code: text,
  message: text,
  incarnation: orNothing((value) => isId('incarnation', value)),
};
const orderRecord = having({
  order,
  local: flag,
  intent: orNothing(intent),
  intentMs: orNothing(whole),
  result: orNothing(having({ ...result, mark })),
  acked: flag,
});
const base = having({
  installation: orNothing(installation),
  epoch: whole,
  decision: orNothing(decision),
  orders: listOf(orderRecord),
  kept: listOf(having({ intent, sinceMs: whole, certain: flag })),
  stopsMs: listOf(
    (value) => Array.isArray(value) && value.length === 2 && order(value[0]) && whole(value[1]),
  ),
});

const shapes: Readonly<Record<Entry['kind'], Readonly<Record<string, Check>>>> = {
  accepted: {
    installation,
    epoch: whole,
    decision,
    why: oneOf(['first-contact', 'operator']),
  },
  seen: { epoch: whole, decision },
  intent: { intent },
  outcome: { order, result: having(result) },
  closed: { order, code: text, message: text },
  acked: { order },
  waited: {},
  base: { base },
};

/** Whether this is a kind of entry that this agent knows. */
export function isKnownKind(kind: unknown): kind is Entry['kind'] {
  return typeof kind === 'string' && Object.hasOwn(shapes, kind);
}

/** The first field that is missing or not what this agent understands; undefined: none. */
export function unfitField(kind: Entry['kind'], entry: object): string | undefined {
  return Object.entries(shapes[kind]).find(([name, check]) => !check(fieldOf(entry, name)))?.[0];
}

/** A line's time or number. */
export function isWhole(value: unknown): value is number {
  return whole(value);
}
