// Whether an order may be considered at all: who signed it, for whom, from which past, how old. The same for every action.
import { stalenessMs, type Now } from '@servo-auditor/proto/time.ts';
import { refuse, type Refused, type Standing, type Terms } from './facts.ts';

/** Why not, or undefined. The first reason in this order. */
export function judgeOrder(order: Terms, standing: Standing, now: Now): Refused | undefined {
  const { memory } = standing;
  if (memory.damage !== undefined) return refuse('journal-damaged', memory.damage);
  if (!standing.signed) {
    return refuse('signature', `order ${order.id} is not signed by a key that this host knows (order_keys)`);
  }
  if (order.host !== standing.host)
    return refuse('other-host', `it is for ${order.host}, this is ${standing.host}`);
  if (order.installation !== memory.installation) {
    const known = memory.installation ?? 'none yet';
    return refuse('installation', `it is of installation ${order.installation}, this host knows ${known}`);
  }
  return judgePast(order, standing) ?? judgeAge(order, standing, now);
}

function judgePast(order: Terms, { memory }: Standing): Refused | undefined {
  if (order.epoch < memory.epoch) {
    return refuse('epoch', `it is of epoch ${order.epoch}, this host has seen ${memory.epoch}`);
  }
  const { decision } = memory;
  if (decision !== undefined && order.decision.version < decision.version) {
    return refuse(
      'decision',
      `it is of decision ${order.decision.version}, this host has seen ${decision.version}`,
    );
  }
  if (order.decision.version === decision?.version && order.decision.hash !== decision.hash) {
    return refuse(
      'decision',
      `its decision ${decision.version} is not the one that this host has seen under that number`,
    );
  }
  if (memory.order !== 'new')
    return refuse('done-before', `order ${order.id} was ${memory.order} here before`);
  return undefined;
}

function judgeAge(order: Terms, { nonceSentAt }: Standing, now: Now): Refused | undefined {
  if (nonceSentAt === undefined) {
    return refuse(
      'age-unknown',
      'it cites a nonce that this agent does not remember, so nobody can say how old it is',
    );
  }
  const ageMs = stalenessMs(nonceSentAt, now);
  if (ageMs <= order.livesMs) return undefined;
  return refuse('too-old', `it is ${Math.round(ageMs)} ms old and lives ${order.livesMs} ms`);
}
