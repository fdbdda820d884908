// Whether this agent starts a servo again: only what its own journal holds as quarantined. Undoing asks nobody, and wants
// no complete inventory: it must not need the thing that broke.
import type { Digest, Incarnation } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import { refuse, type Judgement, type Refused, type Standing, type Terms } from './facts.ts';
import { judgeOrder } from './order.ts';

/** What the journal holds of the ordered uid. */
export interface Kept {
  readonly incarnation: Incarnation;
  /** Identity digests that name it: with its runtime id, and without one. */
  readonly identities: readonly Digest[];
}

/** An address that the servo listened on, and who has it now. */
export interface Conflict {
  readonly address: string;
  readonly holder: string;
}

export function judgeStart(
  order: Terms,
  standing: Standing,
  kept: Kept | undefined,
  conflicts: readonly Conflict[],
  now: Now,
): Judgement {
  const refusal = judgeOrder(order, standing, now) ?? judgeKept(order, kept) ?? judgeAddresses(conflicts);
  return refusal ?? { kind: 'act', notes: [] };
}

function judgeKept(order: Terms, kept: Kept | undefined): Refused | undefined {
  if (kept === undefined) return refuse('not-quarantined', `${order.uid} is not in quarantine on this host`);
  if (kept.incarnation !== order.incarnation) {
    return refuse(
      'incarnation',
      `${order.uid} is kept as ${kept.incarnation}, the order names ${order.incarnation}`,
    );
  }
  if (!kept.identities.includes(order.identity))
    return refuse('identity', `the identity of what is kept as ${order.uid} is another one`);
  return undefined;
}

/** Also for a restore by hand. */
export function judgeAddresses(conflicts: readonly Conflict[]): Refused | undefined {
  const [first] = conflicts;
  if (first === undefined) return undefined;
  return refuse(
    'address-taken',
    `${conflicts.length} of the addresses that it listened on are taken, first ${first.address} by ${first.holder}: stop that first`,
  );
}
