// What a container has of the host's and its networks' addresses, and who has them now: another container by its name, or
// any process of this host.
import type { FixedAddress, Inspected, Listed, Published } from '../../scan/runtime/docker/answers.ts';
import type { Conflict, Listen } from '../actor.ts';

export interface Addresses {
  readonly published: readonly Published[];
  readonly fixed: readonly FixedAddress[];
}

/** Addresses of one container that are remembered: more than any has. */
const maxAddresses = 100;

export function addressesOf({ published, fixedAddresses }: Inspected): Addresses {
  return { published: published.slice(0, maxAddresses), fixed: fixedAddresses.slice(0, maxAddresses) };
}

/** Published TCP ports, in the form in which the host's own listeners are told. */
export function listensOn(published: readonly Published[]): readonly Listen[] {
  return published
    .filter(({ protocol, address }) => protocol === 'tcp' && !address.includes(':'))
    .map(({ address, port }) => ({ protocol: 'tcp', address: kernelAddress(address), port }));
}

/** Which of them other containers have that run. */
export function heldByContainers(
  { published, fixed }: Addresses,
  others: readonly Listed[],
): readonly Conflict[] {
  const running = others.filter((row) => row.state === 'running' || row.state === 'paused');
  return running.flatMap((row) => {
    const holder = `container ${row.names[0] ?? row.id.slice(0, 12)}`;
    const ports = published
      .filter((one) => row.published.some((other) => clash(one, other)))
      .map(({ protocol, port }) => ({ address: `${protocol} port ${port}`, holder }));
    const addresses = fixed
      .filter((one) => row.addresses.some((a) => a.network === one.network && a.address === one.address))
      .map(({ network, address }) => ({ address: `${address} in network ${network}`, holder }));
    return [...ports, ...addresses];
  });
}

function clash(a: Published, b: Published): boolean {
  if (a.protocol !== b.protocol || a.port !== b.port) return false;
  return a.address === b.address || a.address === '' || b.address === '';
}

/** As in /proc/net/tcp: one little-endian word. */
function kernelAddress(address: string): string {
  const bytes = address === '' ? [0, 0, 0, 0] : address.split('.').map(Number);
  return bytes
    .toReversed()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}
