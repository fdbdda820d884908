// Who has a network address now, among this host and the servos of one runtime. TCP ports on the host's own network are
// another matter: listen.ts.
import { addressesOf, comparable, hasOwnNetwork } from '../scan/runtime/network.ts';
import type { Conflict } from './actor.ts';

/** Addresses of one servo that are remembered: more than any servo has. */
export const maxAddresses = 100;

/** Something with a network of its own. */
export interface Neighbour {
  /** For people: `guest g1`. */
  readonly name: string;
  /** Its first process. */
  readonly pid: number;
}

/** Addresses that a servo has to itself: none where it lives on the host's network. */
export async function ownAddresses(pid: number): Promise<readonly string[]> {
  if ((await hasOwnNetwork(pid)) !== true) return [];
  return (await addressesOf(pid)).slice(0, maxAddresses);
}

/** Those of the addresses that somebody has, and who. */
export async function heldAddresses(
  addresses: readonly string[],
  neighbours: readonly Neighbour[],
): Promise<readonly Conflict[]> {
  if (addresses.length === 0) return [];
  const conflicts: Conflict[] = [];
  const wanted = new Map(addresses.map((address) => [comparable(address), address] as const));
  const note = (found: readonly string[], holder: string) => {
    for (const one of found) {
      const address = wanted.get(comparable(one));
      if (address !== undefined) conflicts.push({ address, holder });
    }
  };
  note(await addressesOf('self'), 'this host');
  for (const { name, pid } of neighbours) note(await ownAddresses(pid), name);
  return conflicts;
}
