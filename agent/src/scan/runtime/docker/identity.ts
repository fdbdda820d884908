// How a container says which servo it is: by a label, a variable of its environment, or its name. Pure.

/** A label, a variable, or a name that begins with `prefix` and goes on with the uid. */
export type ContainerIdentity =
  | { readonly from: 'label'; readonly label: string }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'name'; readonly prefix?: string | undefined };

/** What an identity can be read from. */
export interface Named {
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Absent where it was not asked for. */
  readonly env: readonly string[] | undefined;
}

/** The field's name, to compare with what the store reads. */
export function fieldOf(identity: ContainerIdentity): string {
  switch (identity.from) {
    case 'label':
      return `label:${identity.label}`;
    case 'environment':
      return `env:${identity.variable}`;
    case 'name':
      return `name:${identity.prefix ?? ''}`;
  }
}

/** What the container says it is. Two different answers are one that spells no uid, and so a problem. */
export function identityOf(identity: ContainerIdentity, named: Named): string | undefined {
  switch (identity.from) {
    case 'label':
      return Object.hasOwn(named.labels, identity.label) ? named.labels[identity.label] : undefined;
    case 'environment': {
      const start = `${identity.variable}=`;
      const values = (named.env ?? [])
        .filter((entry) => entry.startsWith(start))
        .map((entry) => entry.slice(start.length));
      return values.length === 0 ? undefined : [...new Set(values)].join(' ');
    }
    case 'name': {
      const prefix = identity.prefix ?? '';
      const values = named.names
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
      return values.length === 0 ? undefined : values.join(' ');
    }
  }
}
