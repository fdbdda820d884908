// How a process says which servo it is, in its environment or its arguments. Pure.

/** A variable of the environment, or an argument that begins with `prefix` and goes on with the uid. */
export type ProcessIdentity =
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'argument'; readonly prefix: string };

/** The field's name, to compare with what the store reads: `env:NAME` or `argv:PREFIX`. */
export function fieldOf(identity: ProcessIdentity): string {
  return identity.from === 'environment' ? `env:${identity.variable}` : `argv:${identity.prefix}`;
}

/** The value of a variable, as the C library finds it: the first one. */
export function variableOf(environ: readonly string[], name: string): string | undefined {
  return environ.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** What the process says it is. Two different answers are one that spells no uid, and so a problem. */
export function identityOf(
  identity: ProcessIdentity,
  argv: readonly string[],
  environ: readonly string[],
): string | undefined {
  if (identity.from === 'environment') return variableOf(environ, identity.variable);
  const values = argv
    .filter((a) => a.startsWith(identity.prefix))
    .map((a) => a.slice(identity.prefix.length));
  return values.length === 0 ? undefined : [...new Set(values)].join(' ');
}

/** Entries without a name are no variables; of two with one name the first counts, as in `variableOf`. */
export function labelsOf(environ: readonly string[]): Readonly<Record<string, string>> {
  const pairs = environ.flatMap((entry) => {
    const at = entry.indexOf('=');
    return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const];
  });
  return Object.fromEntries(pairs.toReversed());
}
