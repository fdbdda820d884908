// Whatever hosts and witnesses say, in whatever order: what the fold derives from changes is what anybody derives who looks
// at everything anew in every pass. The model here does the latter, naively.
import * as fc from 'fast-check';
import t from 'tap';
import type { Evidence, Release } from '../../../coordinator/src/domain/evidence.ts';
import type { Claim, Tombstone } from '../../../coordinator/src/domain/witness.ts';
import { releaseOf } from '../../../coordinator/src/fold/releases.ts';
import type { ReadTombstone } from '../../../coordinator/src/fold/tombstones.ts';
import type { Prepared } from '../../../coordinator/src/round/prepare.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { hour, policy } from '../../support/build.ts';
import {
  aClaim,
  aTombstone,
  FleetUnderTest,
  hostId,
  registryProfile,
  routerProfile,
  servoUid,
  type Row,
} from '../../support/fleet.ts';

const hosts = ['h1', 'h2', 'h3'];
const witnesses = [registryProfile, routerProfile];

const row = fc.record({
  uid: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  incarnation: fc.constantFrom('i1', 'i1', 'i2'),
  contradiction: fc.constantFrom<NonNullable<Row['contradiction']>[]>('none', 'none', 'none', 'no-record'),
  state: fc.constantFrom<NonNullable<Row['state']>[]>('running', 'running', 'stopped'),
});
const rows = fc.uniqueArray(row, { selector: (r) => r.uid, maxLength: 5 });
const claim = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    fc.constantFrom('', '@h1', '@h2', '@h3', '@h1#i1', '@h2#i2'),
  )
  .map(([uid, where]) => `${uid}${where}`);
const claims = fc.uniqueArray(claim, { maxLength: 8 });

type Op =
  | {
      readonly kind: 'report';
      readonly host: string;
      readonly rows: readonly Row[];
      readonly isBroken: boolean;
    }
  | { readonly kind: 'reboot'; readonly host: string }
  | { readonly kind: 'retire'; readonly host: string }
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'round';
      readonly registry: readonly string[];
      readonly router: readonly string[];
      readonly tombstones: readonly string[];
    };

const host = fc.constantFrom(...hosts);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      host,
      rows,
      isBroken: fc.integer({ max: 5, min: 0 }).map((n) => n === 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('round' as const),
      registry: claims,
      router: claims,
      tombstones: claims,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reboot' as const), host }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retire' as const), host }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
);

interface KnownRow extends Row {
  readonly key: string;
  firstSeenMs: number;
}
interface KnownHost {
  rows: readonly KnownRow[];
  isBroken: boolean;
  hasInventory: boolean;
}

/** Everything, looked at anew in every pass. */
class Model {
  readonly hosts = new Map<string, KnownHost>();
  /** Witness ids by host and identity. */
  readonly vouched = new Map<string, Set<string>>();
  readonly releases = new Map<string, Release>();
  readonly counts = new Map<string, { sinceMs: number; count: number }>();
  readonly missingRounds = new Map<string, number>();
  readonly said = new Map<string, readonly Claim[]>();
  readonly firstReadMs = new Map<string, { readonly text: string; readonly ms: number }>();
  tombstones: readonly ReadTombstone[] = [];

  report(name: string, reported: readonly Row[], isBroken: boolean, nowMs: number): void {
    const before = this.hosts.get(name)?.rows ?? [];
    const next = reported.map((r): KnownRow => {
      const key = `${name} ${r.uid} ${r.incarnation}`;
      return { ...r, key, firstSeenMs: before.find((b) => b.key === key)?.firstSeenMs ?? nowMs };
    });
    this.hosts.set(name, { rows: next, isBroken, hasInventory: true });
    if (!isBroken) this.#forgetGone(name);
  }

  reboot(name: string): void {
    const known = this.hosts.get(name);
    if (known === undefined) return;
    known.hasInventory = false;
    this.#restart(name);
  }

  retire(name: string): void {
    this.hosts.delete(name);
    this.#restart(name);
    for (const map of [this.vouched, this.releases])
      for (const key of map.keys()) if (key.startsWith(`${name} `)) map.delete(key);
  }

  #restart(name: string): void {
    for (const key of this.counts.keys()) if (key.startsWith(`${name} `)) this.counts.delete(key);
    this.missingRounds.delete(name);
  }

  #forgetGone(name: string): void {
    const here = new Set(this.hosts.get(name)?.rows.map((r) => r.key));
    for (const map of [this.vouched, this.releases])
      for (const key of map.keys()) {
        if (!key.startsWith(`${name} `) || here.has(key)) continue;
        if (map === this.vouched && this.#isMissedHere(name, key)) continue;
        map.delete(key);
      }
  }

  /** The registry, naming no host, claims what it vouched for here, and no host shows it. */
  #isMissedHere(name: string, key: string): boolean {
    const uid = key.split(' ')[1];
    return (
      this.vouched.get(key)?.has('registry') === true &&
      (this.said.get('registry') ?? []).some((c) => c.uid === uid && c.host === undefined) &&
      this.hosts.get(name)?.hasInventory === true &&
      ![...this.hosts.values()].some((h) => h.rows.some((r) => r.uid === uid))
    );
  }

  read(witness: string, now: readonly Claim[], beganMs: number): void {
    this.said.set(witness, now);
    for (const uid of ['a', 'b', 'c', 'd', 'e']) {
      const text = now
        .filter((c) => c.uid === uid)
        .map((c) => `${c.host} ${c.incarnation}`)
        .toSorted()
        .join();
      // A change of the place, or of any of several claims, is a new claim; another incarnation in one place is not.
      const places = now.filter((c) => c.uid === uid);
      const key = places.length === 1 ? `${places[0]?.host}` : text;
      const id = `${witness} ${uid}`;
      if (this.firstReadMs.get(id)?.text !== key) this.firstReadMs.set(id, { text: key, ms: beganMs });
    }
  }

  readTombstones(now: readonly Tombstone[], beganMs: number): void {
    this.tombstones = now.map((stone) => ({
      ...stone,
      firstReadMs:
        this.tombstones.find(
          (b) => b.uid === stone.uid && b.host === stone.host && b.incarnation === stone.incarnation,
        )?.firstReadMs ?? beganMs,
    }));
  }

  #runsOn(name: string, uid: string, incarnation: string | undefined): boolean {
    const known = this.hosts.get(name);
    if (known === undefined || !known.hasInventory || known.isBroken) return false;
    return known.rows.some(
      (r) =>
        r.uid === uid &&
        r.state === 'running' &&
        r.contradiction === 'none' &&
        (incarnation === undefined || incarnation === r.incarnation),
    );
  }

  protecting(witness: string, name: string, uid: string, nowMs: number): readonly Claim[] {
    const read = this.firstReadMs.get(`${witness} ${uid}`)?.ms ?? Infinity;
    return (this.said.get(witness) ?? []).filter(
      (c) =>
        c.uid === uid &&
        (c.host === undefined ||
          c.host === name ||
          nowMs - read < policy.movedClaimMs ||
          !this.#runsOn(c.host, uid, c.incarnation)),
    );
  }

  /** What a pass must find: one line for every servo that nobody plainly claims, and the matches. */
  pass(beganMs: ReadonlyMap<string, number>, notedMs: number, nowMs: number): readonly string[] {
    for (const [name, known] of this.hosts) {
      if (!known.hasInventory) continue;
      for (const r of known.rows) this.#vouch(name, r, beganMs);
      if (!known.isBroken) this.#forgetGone(name);
    }
    const lines: string[] = [];
    for (const [name, known] of this.hosts)
      if (known.hasInventory) lines.push(...this.#host(name, known, notedMs, nowMs));
    return lines.toSorted();
  }

  #vouch(
    name: string,
    { key, uid, incarnation, contradiction, firstSeenMs }: KnownRow,
    beganMs: ReadonlyMap<string, number>,
  ) {
    if (contradiction !== 'none') return;
    for (const { id } of witnesses) {
      const fits = (this.said.get(id) ?? []).some(
        (c) =>
          c.uid === uid &&
          (c.host === undefined || c.host === name) &&
          (c.incarnation === undefined || c.incarnation === incarnation),
      );
      if (!fits || firstSeenMs > (beganMs.get(id) ?? -Infinity)) continue;
      this.vouched.set(key, (this.vouched.get(key) ?? new Set()).add(id));
    }
  }

  #match(name: string, known: KnownHost): { expected: number; found: number; missing: string[] } {
    const registry = this.said.get('registry') ?? [];
    const named = new Set(registry.filter((c) => c.host === name).map((c) => c.uid as string));
    const vouchedHere = [...this.vouched.keys()].filter(
      (key) => key.startsWith(`${name} `) && this.vouched.get(key)?.has('registry') === true,
    );
    const hostless = new Set(
      registry
        .filter((c) => c.host === undefined && !named.has(c.uid))
        .map((c) => c.uid as string)
        .filter(
          (uid) =>
            known.rows.some((r) => r.uid === uid && vouchedHere.includes(r.key)) ||
            vouchedHere.some((key) => key.split(' ')[1] === uid && this.#isMissedHere(name, key)),
        ),
    );
    const expected = [...named, ...hostless];
    const here = (uid: string): KnownRow | undefined => known.rows.find((r) => r.uid === uid);
    return {
      expected: expected.length,
      found: expected.filter((uid) => here(uid)?.contradiction === 'none').length,
      missing: expected.filter((uid) => here(uid) === undefined).toSorted(),
    };
  }

  #host(name: string, known: KnownHost, notedMs: number, nowMs: number): readonly string[] {
    const lines: string[] = [];
    const match = this.#match(name, known);
    const plain = (r: KnownRow): boolean =>
      witnesses.some(({ id }) =>
        (this.said.get(id) ?? []).some((c) => c.uid === r.uid && (c.host === undefined || c.host === name)),
      );
    const candidates = known.rows.filter((r) => !plain(r));
    const hasRound = !known.isBroken && (candidates.length > 0 || match.missing.length > 0);
    if (match.missing.length === 0) this.missingRounds.delete(name);
    else if (hasRound) this.missingRounds.set(name, (this.missingRounds.get(name) ?? 0) + 1);
    for (const r of known.rows.filter(plain)) {
      this.releases.delete(r.key);
      this.counts.delete(r.key);
    }
    for (const key of this.counts.keys())
      if (key.startsWith(`${name} `) && !candidates.some((c) => c.key === key)) this.counts.delete(key);
    for (const r of candidates) {
      const release = this.#release(name, r, nowMs);
      const isProtected = witnesses.some(({ id }) => this.protecting(id, name, r.uid, nowMs).length > 0);
      let tally = this.counts.get(r.key);
      const sinceMs = release?.firstReadMs ?? 0;
      if (tally === undefined || isProtected || tally.sinceMs !== sinceMs) tally = { sinceMs, count: 0 };
      if (hasRound && !isProtected && r.firstSeenMs <= notedMs) tally.count++;
      this.counts.set(r.key, tally);
      lines.push(this.#line(name, r, release, tally.count, match, nowMs));
    }
    return lines;
  }

  #release(name: string, r: KnownRow, nowMs: number): Release | undefined {
    const isProtected = witnesses.some(({ id }) => this.protecting(id, name, r.uid, nowMs).length > 0);
    if (isProtected) {
      this.releases.delete(r.key);
      return undefined;
    }
    const before = this.releases.get(r.key);
    if (r.contradiction !== 'none') return before;
    const release = releaseOf(
      {
        uid: servoUid(r.uid),
        host: hostId(name),
        incarnation: parseId('incarnation', r.incarnation ?? ''),
        firstSeenMs: r.firstSeenMs,
        seenBefore: false,
        vouched: this.vouched.get(r.key)?.has('registry') === true,
        tombstones: this.tombstones.filter((stone) => stone.uid === r.uid),
        project: undefined,
      },
      before,
      'released',
      0,
      nowMs,
    );
    if (release === undefined) this.releases.delete(r.key);
    else this.releases.set(r.key, release);
    return release;
  }

  #line(
    name: string,
    r: KnownRow,
    release: Release | undefined,
    count: number,
    match: { expected: number; found: number; missing: string[] },
    nowMs: number,
  ): string {
    const says = witnesses.map(({ id, authority }) => {
      if (this.protecting(id, name, r.uid, nowMs).length > 0) return 'claims';
      const released = authority ? release !== undefined : this.vouched.get(r.key)?.has(id) === true;
      return released ? 'released' : 'nothing';
    });
    return lineOf({
      key: r.key,
      says,
      known: this.vouched.get(r.key)?.has('registry') === true,
      release,
      count,
      firstSeenMs: r.firstSeenMs,
      match: { ...match, missingRounds: this.missingRounds.get(name) ?? 0 },
    });
  }
}

function lineOf(servo: {
  key: string;
  says: readonly string[];
  known: boolean;
  release: Release | undefined;
  count: number;
  firstSeenMs: number;
  match: { expected: number; found: number; missing: readonly string[]; missingRounds: number };
}): string {
  const { release, match } = servo;
  return [
    servo.key,
    servo.says.join('+'),
    servo.known ? 'known' : 'unknown',
    release === undefined ? 'no release' : `${release.kind} ${release.firstReadMs} ${release.capped}`,
    `rounds ${servo.count}`,
    `seen ${servo.firstSeenMs}`,
    `match ${match.found}/${match.expected} missing ${match.missing.toSorted().join()} for ${match.missingRounds}`,
  ].join(' | ');
}

function lineOfEvidence(e: Evidence): string {
  return lineOf({
    key: `${e.host.view.id} ${e.uid} ${e.incarnation}`,
    says: e.voices.map((v) => v.says),
    known: e.known,
    release: e.release,
    count: e.roundCount,
    firstSeenMs: e.firstSeenMs,
    match: e.host.match,
  });
}

async function play(
  ops: readonly Op[],
  compare: (prepared: Prepared, expected: readonly string[], f: FleetUnderTest) => void,
) {
  const f = new FleetUnderTest(witnesses);
  const model = new Model();
  for (const next of ops) {
    f.wait(1000);
    switch (next.kind) {
      case 'report':
        f.report(next.host, next.rows, next.isBroken ? [{ path: '/x', code: 'bad', message: 'bad' }] : []);
        model.report(next.host, next.rows, next.isBroken, f.waitMs);
        break;
      case 'reboot':
        if (f.fleet.views.has(hostId(next.host))) {
          f.connect(next.host, { bootId: parseId('boot', `boot-${f.waitMs}`) });
          model.reboot(next.host);
        }
        break;
      case 'retire':
        f.retire(next.host);
        model.retire(next.host);
        break;
      case 'wait':
        f.wait(2 * hour);
        break;
      case 'round': {
        f.beat();
        f.fleet.noteHeartbeats(f.now);
        const notedMs = f.waitMs;
        const beganMs = new Map<string, number>();
        for (const witness of witnesses) {
          beganMs.set(witness.id, f.waitMs + 100);
          const said = witness.authority ? next.registry : next.router;
          await f.read(witness, said, witness.authority ? next.tombstones : []);
          model.read(witness.id, said.map(aClaim), beganMs.get(witness.id) ?? 0);
          if (witness.authority)
            model.readTombstones(
              next.tombstones.map((s) => aTombstone(s)),
              beganMs.get(witness.id) ?? 0,
            );
        }
        const prepared = await f.prepare();
        compare(prepared, model.pass(beganMs, notedMs, f.waitMs), f);
        break;
      }
    }
  }
  return { f, model };
}

t.test('incremental equals anew', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 2, maxLength: 25 }), async (ops) => {
      await play(ops, (prepared, expected) => {
        const found = prepared.evidences.map(lineOfEvidence).toSorted();
        if (found.join('\n') !== expected.join('\n'))
          throw new Error(`found:\n${found.join('\n')}\nexpected:\n${expected.join('\n')}`);
      });
    }),
    { numRuns: 400 },
  );
  t.pass('in every pass of 400 histories');
});

t.test('what was made durable is what is believed', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 2, maxLength: 20 }), async (ops) => {
      const { f, model } = await play(
        [...ops, { kind: 'round', registry: [], router: [], tombstones: [] }],
        () => undefined,
      );
      const { memory } = f.restarted();
      const vouched = memory.vouched.map(
        (v) => `${v.host} ${v.uid} ${v.incarnation} ${v.witnesses.toSorted().join()}`,
      );
      const expected = [...model.vouched].map(([key, by]) => `${key} ${[...by].toSorted().join()}`);
      const releases = memory.releases.map((r) => `${r.host} ${r.uid} ${r.incarnation} ${r.firstReadMs}`);
      const standing = [...model.releases].map(([key, r]) => `${key} ${r.firstReadMs}`);
      const text = (lines: readonly string[]): string => lines.toSorted().join('\n');
      if (text(vouched) !== text(expected))
        throw new Error(`${text(vouched)}\n--- expected\n${text(expected)}`);
      if (text(releases) !== text(standing))
        throw new Error(`${text(releases)}\n--- expected\n${text(standing)}`);
    }),
    { numRuns: 200 },
  );
  t.pass('after 200 histories');
});
