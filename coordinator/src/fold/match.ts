// One host against the claims: which of its servos are claimed here, which only elsewhere, which by nobody; how well its
// inventory shows what the authority expects; and which incarnations a witness vouches for now. Pure.
import type { HostId, Incarnation } from '@servo-auditor/proto/ids.ts';
import type { HostView } from '../domain/host.ts';
import type { Inventory } from '../domain/servo.ts';
import type { Claim } from '../domain/witness.ts';
import { firstHost, hostless, severalClaims, unclaimed, type ClaimBook } from './claims.ts';

/** A witness's claims, and since when they prove something. */
export interface Standing {
  readonly claims: ClaimBook;
  /**
   * When (`waitMs`) the reading began that these claims come from. -Infinity: they are remembered from an earlier
   * leadership, or their data is not proved to be later than what was read before.
   */
  readonly provenMs: number;
}

export interface Matched {
  /** What was matched. */
  readonly inventory: Inventory;
  /** Servos that a witness plainly claims: on this host, or without a host. */
  readonly live: number;
  /** Rows that no witness plainly claims, in order. */
  readonly candidates: readonly number[];
  /** Those of them that a witness claims on other hosts. */
  readonly elsewhere: ReadonlySet<number>;
  /** Uids that the authority expects on this host and that stand in its inventory or are missing by name. */
  readonly expected: number;
  /** Those of them that stand there without a contradiction. */
  readonly found: number;
  /** Uids that the authority names this host for, and the inventory does not hold at all. */
  readonly missing: number;
  /** The view's `vouched` with the bits that came; the view's own where none did. */
  readonly vouched: Uint8Array;
  /** A claim that will vouch for a row once a snapshot begins after the row was seen. */
  readonly vouchLater: boolean;
}

/** @param authority position of the authority among `standings`; a position is the bit in `vouched`. */
export function matchHost(
  view: HostView,
  inventory: Inventory,
  host: number,
  standings: readonly Standing[],
  authority: number,
): Matched {
  const { uidIndex, contradiction, incarnation, count } = inventory;
  const hereOn = host + firstHost;
  const candidates: number[] = [];
  let elsewhere: Set<number> | undefined;
  let vouched = view.vouched;
  let vouchLater = false;
  let live = 0;
  let vouchedHostless = 0;
  let named = 0;
  let found = 0;
  let counted = -1;
  for (let row = 0; row < count; row++) {
    const uid = uidIndex[row] as number;
    let isHere = false;
    let isElsewhere = false;
    for (let w = 0; w < standings.length; w++) {
      const { claims, provenMs } = standings[w] as Standing;
      const on = uid < claims.on.length ? (claims.on[uid] as number) : unclaimed;
      if (on === unclaimed) continue;
      if (
        on !== hereOn &&
        on !== hostless &&
        !(on === severalClaims && anyHere(claims.several.get(uid), view.id))
      ) {
        isElsewhere = true;
        continue;
      }
      isHere = true;
      if (((vouched[row] as number) & (1 << w)) === 0 && contradiction[row] === 0) {
        if (fits(claims, uid, view.id, incarnation[row] as Incarnation)) {
          // Seen before the reading began, and still there after it: claimed while this incarnation was observed.
          if (view.digestMatches && (view.firstSeenMs[row] as number) <= provenMs) {
            if (vouched === view.vouched) vouched = vouched.slice();
            (vouched[row] as number) |= 1 << w;
          } else vouchLater = true;
        }
      }
      if (w === authority && uid !== counted) {
        const isNamed = on === hereOn || (on === severalClaims && claims.isClaimedOn(uid, host));
        if (isNamed) named++;
        else if (((vouched[row] as number) & (1 << w)) !== 0) vouchedHostless++;
        else continue;
        counted = uid;
        if (contradiction[row] === 0) found++;
      }
    }
    if (isHere) live++;
    else {
      candidates.push(row);
      if (isElsewhere) (elsewhere ??= new Set()).add(row);
    }
  }
  const expectedByName = standings[authority]?.claims.claimedOn(host) ?? 0;
  return {
    inventory,
    live,
    candidates,
    elsewhere: elsewhere ?? nowhere,
    expected: expectedByName + vouchedHostless,
    found,
    missing: expectedByName - named,
    vouched,
    vouchLater,
  };
}

const nowhere: ReadonlySet<number> = new Set();

function anyHere(claims: readonly Claim[] | undefined, host: HostId): boolean {
  return claims?.some((claim) => isPlain(claim, host)) ?? false;
}

/** Whether a claim plainly claims copies on this host. */
export function isPlain(claim: Claim, host: HostId): boolean {
  return claim.host === undefined || claim.host === host;
}

/** Whether a claim that holds here names this incarnation, or none. */
function fits(claims: ClaimBook, uid: number, host: HostId, incarnation: Incarnation): boolean {
  const several = claims.several.get(uid);
  if (several === undefined || claims.on[uid] !== severalClaims) {
    const named = claims.read.incarnation?.[uid];
    return named === undefined || named === incarnation;
  }
  return several.some(
    (c) => isPlain(c, host) && (c.incarnation === undefined || c.incarnation === incarnation),
  );
}
