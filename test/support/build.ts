// Builders with safe defaults: `anOrphan()` passes every gate, `aContext()` lets it be acted on. A test names only what it
// is about, and whatever it changes is the only thing that can make a gate refuse.
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type {
  Evidence,
  EvidenceRound,
  Match,
  Release,
  Voice,
} from '../../coordinator/src/domain/evidence.ts';
import type { Case, CaseState } from '../../coordinator/src/domain/case.ts';
import type { HostView } from '../../coordinator/src/domain/host.ts';
import { modeKey, type OperatorState, type Track } from '../../coordinator/src/domain/operator.ts';
import type { Charge, OpenOrder } from '../../coordinator/src/domain/order.ts';
import type { RoundContext } from '../../coordinator/src/domain/plan.ts';
import { defaultPolicy } from '../../coordinator/src/domain/policy.ts';
import {
  activities,
  contradictions,
  servoStates,
  type Inventory,
} from '../../coordinator/src/domain/servo.ts';
import type { WitnessView } from '../../coordinator/src/domain/witness.ts';
import type { Given } from '../../coordinator/src/decide/given.ts';
import { judge } from '../../coordinator/src/decide/verdict.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export const policy = defaultPolicy;
export const cell = parseId('cell', 'c1');
export const h1 = parseId('host', 'h1');
export const h2 = parseId('host', 'h2');
export const generation = parseId('generation', 'sqlite/process');
export const readerVersion = parseId('reader version', 'a'.repeat(64));
export const otherReader = parseId('reader version', 'b'.repeat(64));
export const bootId = parseId('boot', 'boot-1');
export const coordinatorBoot = parseId('boot', 'boot-c');
export const epoch = parseEpoch(3);
export const uid = parseId('servo uid', 'servo-1');
export const otherUid = parseId('servo uid', 'servo-2');
export const incarnation = parseId('incarnation', 'inc-1');
export const runtimeId = parseId('runtime id', 'pid-1');
export const project = parseId('project', 'p1');
export const digest = parseId('digest', 'd'.repeat(64));
export const operator = parseId('operator', 'ada');
export const mappingHash = 'mapping-1';

/** The moment at which everything is decided: ten days of waiting, all clocks in step. */
export const now: Now = at(10 * day);

/** The moment `ms` after the start of all clocks. */
export function at(ms: number): Now {
  return { bootId: coordinatorBoot, monoMs: ms, bootMs: ms, wallMs: 1_700_000_000_000 + ms, waitMs: ms };
}
/** The moment `ms` before `now`. */
export function ago(ms: number): Now {
  return at(now.waitMs - ms);
}

export const given: Given = { now, policy, epoch };

type Row = Partial<{
  uid: string;
  incarnation: string;
  state: (typeof servoStates)[number];
  activity: (typeof activities)[number];
  contradiction: (typeof contradictions)[number];
}>;

export function anInventory(rows: readonly Row[] = [{}], more: Partial<Inventory> = {}): Inventory {
  const column = <T>(make: (row: Row, index: number) => T): T[] => rows.map(make);
  return {
    digest,
    count: rows.length,
    problems: [],
    uid: column((r) => parseId('servo uid', r.uid ?? uid)),
    uidIndex: Int32Array.from(rows.keys()),
    incarnation: column((r) => parseId('incarnation', r.incarnation ?? incarnation)),
    runtimeId: column((_r, i) => parseId('runtime id', `pid-${i + 1}`)),
    project: column(() => project),
    contradiction: Uint8Array.from(column((r) => contradictions.indexOf(r.contradiction ?? 'none'))),
    state: Uint8Array.from(column((r) => servoStates.indexOf(r.state ?? 'running'))),
    activity: Uint8Array.from(column((r) => activities.indexOf(r.activity ?? 'quiet'))),
    cpuPermille: new Int32Array(rows.length),
    connections: new Int32Array(rows.length),
    ...more,
  };
}

export function aView(more: Partial<HostView> = {}): HostView {
  const inventory = 'inventory' in more ? more.inventory : anInventory();
  return {
    id: h1,
    cell,
    generation,
    readerVersion,
    bootId,
    epoch,
    heartbeat: { number: 40, askedAt: ago(8_000), receivedAt: ago(7_000) },
    inventory,
    digestMatches: true,
    firstSeenMs: new Float64Array(inventory?.count ?? 0).fill(ago(5 * day).waitMs),
    vouched: new Uint8Array(inventory?.count ?? 0).fill(3),
    contested: undefined,
    inheritsFrom: undefined,
    acknowledged: [],
    ...more,
  };
}

export function aMatch(more: Partial<Match> = {}): Match {
  return { expected: 10, found: 10, missing: [], missingRounds: 0, ...more };
}

export const registry: WitnessView = {
  id: parseId('witness', 'registry'),
  source: parseId('source', 'registry'),
  authority: true,
  reads: 'primary',
  hasLookup: true,
  mappingHash: 'm1',
  accepted: { number: 90, startedAt: ago(6_000), tookMs: 200, version: 500, lineage: 'db-1', claims: 1000 },
  waiting: undefined,
  failure: undefined,
};
export const router: WitnessView = {
  ...registry,
  id: parseId('witness', 'router'),
  source: parseId('source', 'router'),
  authority: false,
  accepted: {
    number: 91,
    startedAt: ago(6_000),
    tookMs: 200,
    version: 70,
    lineage: 'router-1',
    claims: 1000,
  },
};

/** Round `n` of `of`: the last one is paired with the latest heartbeat, the others lie four minutes apart before it. */
export function aRound(n: number, of: number, more: Partial<EvidenceRound> = {}): EvidenceRound {
  const before = (of - n) * 5 * minute;
  return {
    host: h1,
    bootId,
    epoch,
    heartbeat: 40 - (of - n),
    receivedAt: ago(7_000 + before),
    atMs: ago(5_000 + before).waitMs,
    fresh: true,
    snapshots: [
      {
        witness: registry.id,
        number: 90 - 2 * (of - n),
        startedAt: ago(6_000 + before),
        version: 500 - (of - n),
      },
      {
        witness: router.id,
        number: 91 - 2 * (of - n),
        startedAt: ago(6_000 + before),
        version: 70 - (of - n),
      },
    ],
    ...more,
  };
}

export function aRelease(more: Partial<Release> = {}): Release {
  return {
    uid,
    host: h1,
    incarnation,
    kind: 'tombstone',
    firstReadMs: ago(2 * hour).waitMs,
    projectReleased: true,
    project,
    capped: undefined,
    ...more,
  };
}

export function aVoice(witness: WitnessView, more: Partial<Voice> = {}): Voice {
  return {
    witness: witness.id,
    source: witness.source,
    authority: witness.authority,
    says: 'released',
    claims: [],
    ...more,
  };
}

/** A servo that passes every evidence gate. */
export function anOrphan(
  more: Partial<Evidence> = {},
  view: Partial<HostView> = {},
  match: Partial<Match> = {},
): Evidence {
  const made = aView(view);
  return {
    host: {
      view: made,
      match: aMatch(match),
      generationMatch: aMatch({ expected: 40, found: 40 }),
      swappedMs: undefined,
    },
    row: 0,
    uid,
    incarnation,
    runtimeId,
    project,
    state: 'running',
    activity: 'quiet',
    contradiction: 'none',
    firstSeenMs: ago(5 * day).waitMs,
    voices: [aVoice(registry), aVoice(router)],
    known: true,
    release: aRelease(),
    nowhere: undefined,
    nowhereSince: undefined,
    nowhereMs: undefined,
    rounds: [aRound(1, 3), aRound(2, 3), aRound(3, 3)],
    roundCount: 3,
    witnesses: [registry, router],
    ...more,
  };
}

export const aTrack: Track = {
  cell,
  generation,
  readerVersion,
  since: ago(9 * day).waitMs,
  message: '',
  mappingHash,
  certified: 'enforce',
  confirmedOrphan: { uid: otherUid, incarnation, by: operator },
};

export function anOperatorState(more: Partial<OperatorState> = {}): OperatorState {
  return {
    holds: [],
    freeze: undefined,
    approvals: [],
    modes: new Map([[modeKey(cell, generation), 'enforce']]),
    tracks: [aTrack],
    breakers: [],
    exemptions: [],
    hosts: [],
    acknowledgedMissing: [],
    openOrders: [],
    charges: [],
    cases: [],
    ...more,
  };
}

/** A round in which `anOrphan()` may be acted on. */
export function aContext(state: Partial<OperatorState> = {}, more: Partial<RoundContext> = {}): RoundContext {
  return {
    now,
    policy,
    epoch,
    mappingHash,
    stalledMs: 40,
    unseenMs: 0,
    operator: anOperatorState(state),
    population: new Map([
      ['host:h1', 10],
      [`generation:c1:${generation}`, 40],
      [`reader:c1:${readerVersion}`, 40],
      ['cell:c1', 100],
      ['fleet', 100],
    ]),
    cells: new Map([[cell, { enrolled: 3, fresh: 3 }]]),
    ...more,
  };
}

export function anOrder(more: Partial<OpenOrder> = {}): OpenOrder {
  return {
    id: parseId('order', 'o-1'),
    epoch,
    action: 'stop',
    state: 'open',
    host: h1,
    cell,
    generation,
    readerVersion,
    bootId,
    uid,
    incarnation,
    project,
    projectReleased: true,
    identity: digest,
    reason: 'orphan',
    madeMs: now.waitMs,
    decisionVersion: 7,
    approved: false,
    rounds: [aRound(1, 3), aRound(2, 3), aRound(3, 3)],
    ...more,
  };
}

export function aCharge(more: Partial<Charge> = {}): Charge {
  return {
    order: parseId('order', 'o-0'),
    atMs: ago(minute).waitMs,
    host: h1,
    cell,
    generation,
    readerVersion,
    project,
    projectReleased: true,
    uid: otherUid,
    incarnation,
    action: 'stop',
    ...more,
  };
}

export function aCase(state: CaseState, more: Partial<Case> = {}): Case {
  return {
    uid,
    incarnation,
    host: h1,
    cell,
    generation,
    project,
    state,
    sinceMs: 0,
    sinceWallMs: 0,
    order: parseId('order', 'o-9'),
    decidedAtVersion: 5,
    notBeforeMs: undefined,
    message: '',
    ...more,
  };
}

/** Several orphans on hosts of their own, one on each. */
export function orphansOnHosts(
  count: number,
  more: Partial<Evidence> = {},
): readonly ReturnType<typeof judge>[] {
  return Array.from({ length: count }, (_, i) => {
    const name = parseId('servo uid', `servo-${String(i + 1).padStart(3, '0')}`);
    const host = parseId('host', `h${i + 1}`);
    const view = { id: host, inventory: anInventory([{ uid: name }]) };
    const rounds = [1, 2, 3].map((n) => aRound(n, 3, { host }));
    return judge(
      anOrphan({ uid: name, rounds, release: aRelease({ uid: name, host }), ...more }, view),
      given,
    );
  });
}
