// The reader version: which rules turn this host's store and runtime into servos. It is made of the field mapping and of what
// the readers, as they are built here, make of their corpus. So it is the same on every host that reads alike, wherever its
// files are, and another one as soon as anything is read otherwise, whatever the release is called.
import { canonicalJson, sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { parseId, type Generation, type ReaderVersion } from '@servo-auditor/proto/ids.ts';
import type { Runtime } from './runtime/port.ts';
import type { Store } from './store/port.ts';

/** SHA-256 over the canonical JSON of names, mappings and corpus results. */
export async function readerVersion(store: Store, runtime: Runtime): Promise<ReaderVersion> {
  const readers = [
    { store: store.name, mapping: store.mapping, corpus: await store.conform() },
    { runtime: runtime.name, mapping: runtime.mapping, corpus: await runtime.conform() },
  ];
  return parseId('reader version', sha256Hex(canonicalJson(readers)));
}

/**
 * The generation of store and runtime. Throws a `TypeError` when both would tell servos apart by the same field: then they
 * could never disagree, and a misread field would look like agreement.
 */
export function generationOf(store: Store, runtime: Runtime): Generation {
  if (
    store.identityLabel !== undefined &&
    `${runtime.labelKind}:${store.identityLabel}` === runtime.identityField
  ) {
    throw new TypeError(
      `store ${store.name} and runtime ${runtime.name} both read the uid from ${runtime.identityField}: ` +
        'configure another field for one of them, so that they can contradict each other',
    );
  }
  return parseId('generation', `${store.name}/${runtime.name}`);
}
