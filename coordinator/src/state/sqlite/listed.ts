// Lists in the audit log: whole where they are short, else their beginning and their length; a hash beside them names them exactly.

/** Members of a list that one audit entry spells out: about 180 KB with the longest ids, below what an entry may be on the wire. */
export const maxListed = 500;

export function listed(members: readonly unknown[]): Readonly<Record<string, unknown>> {
  return { count: members.length, members: members.slice(0, maxListed) };
}
