// Which others would lose something when a container stops: those that live in a namespace that it made for itself. One that
// was made beforehand, and kept by a file of its own, outlives whoever lives in it.
import { readlinkSync } from 'node:fs';
import { namespaceFiles, runtimeIdOf, type Container } from './answers.ts';

export interface Living {
  readonly container: Container;
  /** Its first process. */
  readonly pid: number | undefined;
}

/** By runtime id: those that live in its namespaces, or may: where the kernel does not show one, nobody can tell. */
export function whoLivesIn(all: readonly Living[]): ReadonlyMap<string, readonly Container[]> {
  const inside = new Map<string, readonly Container[]>();
  // Hardly any container joins another: only then is anything looked up.
  const guests = all.flatMap(({ container, pid }) =>
    container.spec.joined.map(({ kind }) => ({ container, kind, is: namespaceOf(pid, kind) })),
  );
  if (guests.length === 0) return inside;
  for (const { container, pid } of all) {
    const own = new Map(container.spec.made.map((kind) => [kind, namespaceOf(pid, kind)]));
    const here = guests.filter(
      (guest) =>
        guest.container !== container &&
        own.has(guest.kind) &&
        (guest.is === undefined || own.get(guest.kind) === undefined || own.get(guest.kind) === guest.is),
    );
    if (here.length > 0) inside.set(runtimeIdOf(container), [...new Set(here.map((one) => one.container))]);
  }
  return inside;
}

/** As the kernel calls it: `net:[4026531840]`. */
function namespaceOf(pid: number | undefined, kind: string): string | undefined {
  if (pid === undefined) return undefined;
  try {
    return readlinkSync(`/proc/${pid}/ns/${namespaceFiles[kind] ?? kind}`);
  } catch {
    return undefined;
  }
}
