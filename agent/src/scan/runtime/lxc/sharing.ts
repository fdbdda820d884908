// Guests that live in another guest's namespaces: stopping that one stops them, or cuts them off. Pure.
import type { Guest } from './guest.ts';

/** Guest that is shared -> names of the guests that share with it. */
export function sharersOf(
  guests: readonly Pick<Guest, 'name' | 'config'>[],
): ReadonlyMap<string, readonly string[]> {
  const sharers = new Map<string, Set<string>>();
  for (const { name, config } of guests)
    for (const [, values] of config.below('lxc.namespace.share.')) {
      const other = values.at(-1);
      if (other === undefined || other === name) continue;
      const known = sharers.get(other);
      if (known === undefined) sharers.set(other, new Set([name]));
      else known.add(name);
    }
  return new Map([...sharers].map(([other, names]) => [other, [...names].toSorted()]));
}
