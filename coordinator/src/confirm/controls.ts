// Controls: the same look-up must call known-live servos claimed. That catches a wrong mapping, an empty registry and a
// wrong database at the last possible moment.
import type { HostId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Coordinator } from '../coordinator.ts';
import type { HostView } from '../domain/host.ts';
import type { OpenOrder } from '../domain/order.ts';
import { No } from './no.ts';

interface Control {
  readonly uid: ServoUid;
  readonly host: HostId;
  readonly firstSeenMs: number;
}

/** Throws `No` unless the authority calls every control claimed. */
export async function checkControls(order: OpenOrder, coordinator: Coordinator): Promise<void> {
  const { desk, policy } = coordinator;
  if (!desk.authority.profile.hasLookup) return;
  const controls = pickControls(order, policy.controls, coordinator);
  await Promise.all(
    controls.map(async ({ uid, host }) => {
      let claimed: boolean;
      try {
        const { claims } = await desk.lookup(desk.authority, uid);
        claimed = claims.some((c) => c.host === undefined || c.host === host);
      } catch (error) {
        throw new No(
          'controls',
          `the control ${uid} could not be looked up: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      if (!claimed)
        throw new No(
          'controls',
          `the control ${uid} on ${host} is known to be live, and the look-up does not call it claimed`,
        );
    }),
  );
}

/** Known-live servos of that host first, then of its generation in the cell; those that changed last come first. */
export function pickControls(
  order: OpenOrder,
  count: number,
  { fleet }: Pick<Coordinator, 'fleet'>,
): readonly Control[] {
  const here = fleet.views.get(order.host);
  const own = here === undefined ? [] : knownLive(here, order, fleet);
  if (own.length >= count) return own.toSorted(latestFirst).slice(0, count);
  const others = [...fleet.views.values()]
    .filter((v) => v.cell === order.cell && v.generation === order.generation && v.id !== order.host)
    .flatMap((view) => knownLive(view, order, fleet));
  return [...own.toSorted(latestFirst), ...others.toSorted(latestFirst)].slice(0, count);
}

function knownLive(view: HostView, order: OpenOrder, fleet: Coordinator['fleet']): Control[] {
  const { inventory, firstSeenMs } = view;
  if (inventory === undefined) return [];
  return inventory.uid.flatMap((uid, row) =>
    uid !== order.uid && fleet.isKnownLive(view, row)
      ? [{ uid, host: view.id, firstSeenMs: firstSeenMs[row] ?? 0 }]
      : [],
  );
}

function latestFirst(a: Control, b: Control): number {
  return b.firstSeenMs - a.firstSeenMs;
}
