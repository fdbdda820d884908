// Which processes make one servo. Pure.
//
// A servo's children inherit its environment, so a marker alone would find each servo several times. Processes that bear
// one uid are one object when they share a process group or a session, or one is the other's parent. Its representative,
// whose pid and start time give the incarnation, is the leader of the session, else of the group, else the one that started
// first. Two objects with one uid are two servos that say they are the same: that is for pair.ts to report.

export interface Member {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly session: number;
  readonly startTicks: number;
  /** What the process itself says it is. Absent: it says nothing (a child whose own arguments do not name the servo). */
  readonly says: string | undefined;
}

export interface Family<M extends Member> {
  /** Absent: nobody in it says what it is. */
  readonly uid: string | undefined;
  readonly representative: M;
  /** With the representative, by pid. */
  readonly members: readonly M[];
  /** Uids of other families, "?" where they say none, with a process in the representative's group: a signal to it reaches them. */
  readonly sharesGroupWith: readonly string[];
}

/** Every member is in exactly one family. */
export function families<M extends Member>(members: readonly M[]): readonly Family<M>[] {
  const byPid = new Map(members.map((m) => [m.pid, m]));
  const uids = new Map(members.map((m) => [m.pid, uidOf(m, byPid)]));
  const roots = new Map(members.map((m) => [m.pid, m.pid]));
  const firstWith = new Map<string, number>();
  for (const m of members) {
    const uid = uids.get(m.pid) ?? '';
    for (const shared of [`group ${m.pgid} ${uid}`, `session ${m.session} ${uid}`]) {
      const first = firstWith.get(shared);
      if (first === undefined) firstWith.set(shared, m.pid);
      else join(roots, first, m.pid);
    }
    if (byPid.has(m.ppid) && uids.get(m.ppid) === uids.get(m.pid)) join(roots, m.ppid, m.pid);
  }
  const found = new Map<number, M[]>();
  for (const m of members) {
    const root = rootOf(roots, m.pid);
    const family = found.get(root);
    if (family === undefined) found.set(root, [m]);
    else family.push(m);
  }
  const made = [...found.values()].map((family) => {
    const sorted = family.toSorted((a, b) => a.pid - b.pid);
    const representative = sorted.toSorted(byStanding)[0];
    if (representative === undefined) throw new Error('a family without members');
    return { uid: uids.get(representative.pid), representative, members: sorted };
  });
  const groups = groupsOf(members);
  return made.map((family) => ({ ...family, sharesGroupWith: sharing(family, groups, uids) }));
}

function sharing<M extends Member>(
  family: Pick<Family<M>, 'representative' | 'members'>,
  groups: ReadonlyMap<number, readonly M[]>,
  uids: ReadonlyMap<number, string | undefined>,
): readonly string[] {
  const own = new Set(family.members.map((m) => m.pid));
  const others = (groups.get(family.representative.pgid) ?? []).filter((m) => !own.has(m.pid));
  return [...new Set(others.map((m) => uids.get(m.pid) ?? '?'))].toSorted();
}

function groupsOf<M extends Member>(members: readonly M[]): ReadonlyMap<number, readonly M[]> {
  const groups = new Map<number, M[]>();
  for (const m of members) {
    const group = groups.get(m.pgid);
    if (group === undefined) groups.set(m.pgid, [m]);
    else group.push(m);
  }
  return groups;
}

/** What it says itself, else what its nearest ancestor says, else what the leader of its group says. */
function uidOf(member: Member, byPid: ReadonlyMap<number, Member>): string | undefined {
  const walked = new Set<number>();
  for (let m: Member | undefined = member; m !== undefined && !walked.has(m.pid); m = byPid.get(m.ppid)) {
    if (m.says !== undefined) return m.says;
    walked.add(m.pid);
  }
  return (byPid.get(member.pgid) ?? byPid.get(member.session))?.says;
}

function byStanding(a: Member, b: Member): number {
  return rank(a) - rank(b) || a.startTicks - b.startTicks || a.pid - b.pid;
}

function rank(m: Member): number {
  if (m.pid === m.session) return 0;
  return m.pid === m.pgid ? 1 : 2;
}

function rootOf(roots: Map<number, number>, pid: number): number {
  let root = pid;
  for (let next = roots.get(root); next !== undefined && next !== root; next = roots.get(root)) root = next;
  roots.set(pid, root);
  return root;
}

function join(roots: Map<number, number>, a: number, b: number): void {
  roots.set(rootOf(roots, b), rootOf(roots, a));
}
