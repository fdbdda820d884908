import t from 'tap';
import { parseId, type HostId } from '@servo-auditor/proto/ids.ts';
import { check } from '../../../coordinator/src/check/check.ts';
import { checkMatch } from '../../../coordinator/src/check/match.ts';
import type { RawClaims, RawEvidence } from '../../../coordinator/src/check/raw.ts';
import { planCell } from '../../../coordinator/src/decide/plan.ts';
import { judge } from '../../../coordinator/src/decide/verdict.ts';
import type { Match, Release } from '../../../coordinator/src/domain/evidence.ts';
import type { Claim } from '../../../coordinator/src/domain/witness.ts';
import {
  aContext,
  aMatch,
  anInventory,
  anOrphan,
  aRelease,
  aView,
  cell,
  given,
  h1,
  h2,
  otherUid,
  registry,
  router,
} from '../../support/build.ts';

const plan = planCell(cell, [judge(anOrphan(), given)], aContext());
/** Numbers of hosts in a column begin at 2. */
const hosts: readonly HostId[] = [h1, h2];
const claimsOf = (on: readonly number[], several: readonly (readonly [number, readonly Claim[]])[] = []) => ({
  on: Int32Array.from(on),
  several: new Map(several),
  hostAt: (n: number) => hosts.at(n),
  firstReadMs: () => 0,
});

interface Scene {
  /** What each uid by its number is claimed on: 0 nowhere, 1 no host in particular, 2 h1, 3 h2, -1 several. */
  readonly on?: readonly number[];
  readonly several?: readonly (readonly [number, readonly Claim[]])[];
  /** Rows of h1; the first one is the orphan. */
  readonly rows?: Parameters<typeof anInventory>[0];
  readonly match?: Partial<Match>;
  readonly release?: Partial<Release>;
}

function found({ on = [], several = [], rows = [{}], match = {}, release = {} }: Scene): readonly string[] {
  const view = aView({ inventory: anInventory(rows) });
  const of = anOrphan();
  const evidence = { ...of, host: { ...of.host, match: aMatch(match) } };
  const none: RawClaims = claimsOf([]);
  const raw: RawEvidence = {
    views: new Map([[h1, view]]),
    witnesses: [router, registry],
    claims: new Map([
      [router.id, none],
      [registry.id, claimsOf(on, several)],
    ]),
    releases: [aRelease({ uid: otherUid }), aRelease(release)],
    context: aContext(),
  };
  const findings: string[] = [];
  const entries = plan.entries.map((entry) => ({ ...entry, evidence }));
  checkMatch({ ...plan, entries }, raw, (rule, message) => findings.push(`${rule}: ${message}`));
  t.strictSame(
    check({ ...plan, entries }, raw).filter((f) => f.rule === 'match').length,
    findings.length,
    'the second reading asks it',
  );
  return findings;
}

const missing = (missingRounds: number) => ({ missing: [otherUid], missingRounds });
const claim = (host: HostId): Claim => ({ uid: otherUid, host });
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ uid: `servo-${n + 1}` }));

t.test('finds nothing wrong', (t) => {
  const right: Readonly<Record<string, Scene>> = {
    'where the authority names nothing': {},
    'where all are found': { on: [0, 2, 2], rows: rows(3) },
    'where one of two is gone': { on: [0, 2, 2], rows: rows(2) },
    'where all but nine of ten are found': { on: [0, ...Array<number>(10).fill(2)], rows: rows(10) },
    'where eighteen of twenty are found': { on: [0, ...Array<number>(20).fill(2)], rows: rows(19) },
    'where two others are gone from another host': { on: [0, 3, 3, 3] },
    'where claims name no host': { on: [0, 1, 1, 1] },
    'where one of several claims is here, and found': {
      on: [0, -1],
      several: [[1, [claim(h2), claim(h1)]]],
      rows: rows(2),
    },
    'where something has been missing for one round': {
      match: missing(1),
      release: { kind: 'disappearance' },
    },
    'where something is missing beside a tombstone': { match: missing(9) },
    'where what was missing is acknowledged': {
      match: { missing: [], missingRounds: 9 },
      release: { kind: 'disappearance' },
    },
    'where claims that were several are no more': {
      on: [0, 0, 0, 0],
      several: [1, 2, 3].map((n) => [n, [claim(h1)]] as const),
    },
  };
  for (const [what, scene] of Object.entries(right)) t.strictSame(found(scene), [], what);
  t.end();
});

t.test('finds exactly what is wrong', (t) => {
  const wrong: Readonly<Record<string, readonly [Scene, string]>> = {
    'two of three gone': [
      { on: [0, 2, 2, 2], rows: rows(2) },
      'match: of 3 servos that the authority names h1 for, 1 are found',
    ],
    'three of twenty gone': [
      { on: [0, ...Array<number>(20).fill(2)], rows: rows(18) },
      'match: of 20 servos that the authority names h1 for, 17 are found',
    ],
    'two that contradict': [
      {
        on: [0, 2, 2],
        rows: [{}, ...rows(2).map((row) => ({ ...row, contradiction: 'two-uids' as const }))],
      },
      'match: of 2 servos that the authority names h1 for, 0 are found',
    ],
    'two of several claims here, and gone': [
      { on: [0, -1, -1], several: [1, 2].map((n) => [n, [claim(h2), claim(h1)]] as const) },
      'match: of 2 servos that the authority names h1 for, 0 are found',
    ],
    'something missing for two rounds beside a disappearance': [
      { match: missing(2), release: { kind: 'disappearance' } },
      'match: h1 misses servo-2, and servo-1 has no tombstone',
    ],
    'something missing for so many rounds that nobody can tell': [
      { match: missing(Number.NaN), release: { kind: 'disappearance' } },
      'match: h1 misses servo-2, and servo-1 has no tombstone',
    ],
    'a tombstone of another servo': [
      { match: missing(2), release: { uid: otherUid } },
      'match: h1 misses servo-2, and servo-1 has no tombstone',
    ],
    'a tombstone of another incarnation': [
      { match: missing(2), release: { incarnation: parseId('incarnation', 'inc-9') } },
      'match: h1 misses servo-2, and servo-1 has no tombstone',
    ],
    'a tombstone on another host': [
      { match: missing(2), release: { host: h2 } },
      'match: h1 misses servo-2, and servo-1 has no tombstone',
    ],
  };
  for (const [what, [scene, finding]] of Object.entries(wrong)) t.strictSame(found(scene), [finding], what);
  t.end();
});

t.test('asks what stands behind a number once, however many claims it has', (t) => {
  const asked: number[] = [];
  const claims: RawClaims = {
    ...claimsOf([0, ...Array<number>(1000).fill(2), 3, 3]),
    hostAt: (n) => {
      asked.push(n);
      return hosts.at(n);
    },
  };
  const raw: RawEvidence = {
    views: new Map([[h1, aView()]]),
    witnesses: [registry],
    claims: new Map([[registry.id, claims]]),
    releases: [],
    context: aContext(),
  };
  checkMatch(plan, raw, () => undefined);
  t.strictSame(asked, [0, 1]);
  t.end();
});
