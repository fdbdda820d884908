// The stores that this agent knows: a new one is a file beside this, which implements port.ts, and one line here.
import { openLabels } from './labels.ts';
import { openManifestDirectory } from './manifest-directory.ts';
import type { Store } from './port.ts';
import { openSqlite } from './sqlite.ts';

export const stores = {
  'manifest-directory': openManifestDirectory,
  sqlite: openSqlite,
  labels: openLabels,
} as const;

export type StoreName = keyof typeof stores;

/** Options of one store, told apart by its name. */
export type StoreOptions = {
  [Name in StoreName]: { readonly store: Name; readonly options: Parameters<(typeof stores)[Name]>[0] };
}[StoreName];

/** The configured store. Opens nothing yet; throws a `TypeError` for options that cannot be right. */
export function openStore(chosen: StoreOptions): Store {
  // Name and options come as a pair, which an index into the table cannot express.
  const open: (options: never) => Store = stores[chosen.store];
  return open(chosen.options as never);
}
