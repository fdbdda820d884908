// Who listens to which events. A book keeps what is true, an invariant says what must not be; each names the kinds that it reads,
// so that an event costs what those few do, however long the world has run.
import type { Kind, Told, WorldEvent } from '../event.ts';

export type Handlers = { readonly [K in Kind]?: (event: Told<K>) => void };

type Handler = (event: WorldEvent) => void;

/** Those who listen, by kind, in the order in which they were given. */
export function dispatcher(listeners: readonly Handlers[]): (event: WorldEvent) => void {
  const byKind = new Map<Kind, Handler[]>();
  for (const handlers of listeners)
    for (const [kind, handler] of Object.entries(handlers)) {
      const known = byKind.get(kind as Kind);
      if (known === undefined) byKind.set(kind as Kind, [handler as Handler]);
      else known.push(handler as Handler);
    }
  return (event) => {
    for (const handle of byKind.get(event.kind) ?? []) handle(event);
  };
}
