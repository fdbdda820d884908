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

/**
 * Known-live servos of that host first, then of its generation in the cell; those that changed last come first. Each uid
 * once: the same look-up twice says nothing more.
 */
export function pickControls(
  order: OpenOrder,
  count: number,
  { fleet }: Pick<Coordinator, 'fleet'>,
): readonly Control[] {
  const here = fleet.views.get(order.host);
  const own = here === undefined ? [] : latestKnownLive([here], [order.uid], count, fleet);
  if (own.length >= count) return own;
  const others = [...fleet.views.values()].filter(
    (v) => v.cell === order.cell && v.generation === order.generation && v.id !== order.host,
  );
  const taken = [order.uid, ...own.map(({ uid }) => uid)];
  return [...own, ...latestKnownLive(others, taken, count - own.length, fleet)];
}

/**
 * The `count` known-live servos that changed last; looks at every servo once and keeps no others.
 * @param taken uids that are not to be among them.
 */
function latestKnownLive(
  views: readonly HostView[],
  taken: readonly ServoUid[],
  count: number,
  fleet: Coordinator['fleet'],
): readonly Control[] {
  const latest: Control[] = [];
  for (const view of views) {
    const uids = view.inventory?.uid ?? [];
    for (const [row, uid] of uids.entries()) {
      const firstSeenMs = view.firstSeenMs[row] ?? 0;
      const full = latest.length >= count;
      if (full && firstSeenMs <= (latest.at(-1)?.firstSeenMs ?? Infinity)) continue;
      if (taken.includes(uid) || !fleet.isKnownLive(view, row)) continue;
      const again = latest.findIndex((control) => control.uid === uid);
      if (again >= 0 && firstSeenMs <= (latest[again]?.firstSeenMs ?? 0)) continue;
      if (again >= 0) latest.splice(again, 1);
      else if (full) latest.pop();
      latest.push({ uid, host: view.id, firstSeenMs });
      latest.sort((x, y) => y.firstSeenMs - x.firstSeenMs);
    }
  }
  return latest;
}
