// A fresh look at one servo of this host, in the form in which it is judged.
import { identityDigest, orderBytes } from '@servo-auditor/proto/canonical.ts';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Sight, Standing } from '../judge/facts.ts';
import type { Inventory, ServoFacts } from '../scan/scan.ts';
import type { Target } from './actor.ts';
import type { Context, Received } from './context.ts';

/** What came with an order, and what is remembered. */
export function standingOf({ order, nonceSentAt }: Received, context: Context): Standing {
  return {
    signed: context.verify(orderBytes(order), order.signature),
    host: context.host,
    nonceSentAt,
    memory: context.seen.memoryOf(order.id),
  };
}

export interface Look {
  readonly sight: Sight;
  /** The one row of this uid. Absent: none, or several. */
  readonly facts: ServoFacts | undefined;
  /** What would be stopped. Absent: nothing runs that could be looked at. */
  readonly target: Target | undefined;
}

export async function lookAt(uid: ServoUid, context: Context): Promise<Look> {
  const inventory = await context.scanner.scan();
  const rows = inventory.facts.get(uid) ?? [];
  const [facts] = rows.length === 1 ? rows : [];
  const target = facts?.object === undefined ? undefined : await context.actor.look(facts.object);
  return { sight: sightOf(uid, inventory, target, context), facts, target };
}

function sightOf(uid: ServoUid, inventory: Inventory, target: Target | undefined, { holds }: Context): Sight {
  const rows = inventory.facts.get(uid) ?? [];
  return {
    problems: inventory.problems,
    servos: inventory.servos.length,
    rows: rows.map(({ servo, launch }) => ({
      incarnation: servo.incarnation,
      identity: identityDigest(inventory.generation, servo),
      state: servo.state,
      activity: servo.activity,
      cpuPermille: servo.cpuPermille,
      connections: servo.connections,
      contradiction: servo.contradiction,
      restorable: launch !== undefined,
    })),
    hold: holds.of(uid),
    keepable: target?.keepable ?? {
      keepable: false,
      code: 'gone',
      message: `what runs as ${uid} ended while it was looked at`,
    },
  };
}
