// At the last moment every witness is asked about this one uid, by another way than the bulk reading.
import type { Coordinator } from '../coordinator.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { Claim } from '../domain/witness.ts';
import type { Witness } from '../witness/port.ts';
import { No } from './no.ts';

/** Throws `No` if any witness claims this copy, cannot tell, or has no look-up and nobody approved the stop. */
export async function askWitnesses(order: OpenOrder, coordinator: Coordinator): Promise<void> {
  await Promise.all(coordinator.desk.witnesses.map((witness) => askOne(witness, order, coordinator)));
}

async function askOne(witness: Witness, order: OpenOrder, coordinator: Coordinator): Promise<void> {
  const { desk } = coordinator;
  const { id, hasLookup } = witness.profile;
  if (!hasLookup && !order.approved)
    throw new No('no-lookup', `${id} offers no look-up of a single uid, so ${order.uid} needs an approval`);
  let claims: readonly Claim[];
  try {
    claims = hasLookup
      ? (await desk.lookup(witness, order.uid)).claims
      : await desk.readFor(witness, order.uid);
  } catch (error) {
    throw new No(
      'witness',
      `${id} cannot tell about ${order.uid}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const { fleet, clock } = coordinator;
  const claim = claims.find((c) => !fleet.hasMoved(id, c, order.host, clock.now()));
  if (claim !== undefined)
    throw new No('claimed', `${id} claims ${order.uid} on ${claim.host ?? 'any host'}`);
}
