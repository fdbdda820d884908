// How a guest says which servo it is, by its definition. Pure.
import type { Guest } from './guest.ts';

export type LxcIdentity =
  /** A variable that its configuration sets (`lxc.environment`). */
  | { readonly from: 'environment'; readonly variable: string }
  /** Its host name (`lxc.uts.name`), after a prefix that all of them have, or none. */
  | { readonly from: 'hostname'; readonly prefix?: string | undefined }
  /** Its name in LXC, after a prefix that all of them have, or none. */
  | { readonly from: 'name'; readonly prefix?: string | undefined };

/** The field's name, to compare with what the store reads: `env:NAME`, `lxc:uts.name:PREFIX`, `lxc:name:PREFIX`. */
export function lxcIdentityField(identity: LxcIdentity): string {
  switch (identity.from) {
    case 'environment':
      return `env:${identity.variable}`;
    case 'hostname':
      return `lxc:uts.name:${identity.prefix ?? ''}`;
    case 'name':
      return `lxc:name:${identity.prefix ?? ''}`;
  }
}

export function lxcIdentity(
  identity: LxcIdentity,
  guest: Pick<Guest, 'name' | 'config' | 'environment'>,
): string | undefined {
  switch (identity.from) {
    case 'environment':
      return Object.hasOwn(guest.environment, identity.variable)
        ? guest.environment[identity.variable]
        : undefined;
    case 'hostname':
      return after(identity.prefix, guest.config.get('lxc.uts.name'));
    case 'name':
      return after(identity.prefix, guest.name);
  }
}

function after(prefix: string | undefined, value: string | undefined): string | undefined {
  return value?.startsWith(prefix ?? '') === true ? value.slice(prefix?.length ?? 0) : undefined;
}
