// What a coordinator's admin side stands on, for tests: a real state file, and a small world of hosts that is judged and planned
// by the real decision. Only what agents and witnesses would say is given. With server and operators: admin.ts.
import { join } from 'node:path';
import { parseId, type HostId } from '@servo-auditor/proto/ids.ts';
import { logger } from '@servo-auditor/proto/log.ts';
import type { AdminDeps, LookedUp } from '../../coordinator/src/admin/deps.ts';
import { planCell } from '../../coordinator/src/decide/plan.ts';
import { judge } from '../../coordinator/src/decide/verdict.ts';
import type { Case } from '../../coordinator/src/domain/case.ts';
import type { Evidence } from '../../coordinator/src/domain/evidence.ts';
import type { HostView } from '../../coordinator/src/domain/host.ts';
import { verdicts, type Verdict } from '../../coordinator/src/domain/verdict.ts';
import type { WitnessView } from '../../coordinator/src/domain/witness.ts';
import { recordOf } from '../../coordinator/src/round/record.ts';
import type { CellReport, Report } from '../../coordinator/src/round/report.ts';
import { proposed } from '../../coordinator/src/round/run.ts';
import { openSqliteStore } from '../../coordinator/src/state/sqlite/store.ts';
import { nothingFolded, type HostMemory, type StateStore } from '../../coordinator/src/state/port.ts';
import * as build from './build.ts';

const {
  aContext,
  aTrack,
  ago,
  anInventory,
  anOrder,
  anOrphan,
  aRelease,
  aView,
  aVoice,
  cell,
  h1,
  h2,
  now,
  registry,
  router,
} = build;

/** What the decision is told, and what became of the acts. */
export interface Scene {
  readonly deps: AdminDeps;
  readonly store: StateStore;
  /** Plans again with what operators have said by now. */
  readonly pass: () => Promise<Report>;
  /** What was told to the running coordinator after acts. */
  readonly told: string[];
  readonly said: Said;
}

/** What a test may change meanwhile. */
export interface Said {
  witnesses: readonly WitnessView[];
  lookedUp: readonly LookedUp[];
  demo: number | undefined;
}

export interface Setting {
  readonly views?: readonly HostView[];
  readonly evidences?: readonly Evidence[];
  readonly mode?: 'observe' | 'propose' | 'enforce';
}

/** h1 holds one servo of each kind but a stray; h2 is misread. */
export function smallWorld(): Required<Pick<Setting, 'views' | 'evidences'>> {
  const inventory = anInventory([
    { uid: 'live-1' },
    { uid: 'orphan-1' },
    { uid: 'suspect-1' },
    { uid: 'undecided-1' },
  ]);
  const here = aView({ id: h1, inventory });
  const there = aView({
    id: h2,
    inventory: anInventory([{ uid: 'SVC_live-2' }]),
    generation: parseId('generation', 'manifest-directory/process'),
  });
  const missing = [parseId('servo uid', 'live-2')];
  const swapped = { expected: 6, found: 5, missing, missingRounds: 4 };
  const named = (name: string) => parseId('servo uid', name);
  const of = (row: number, name: string, more: Partial<Evidence>): Evidence => ({
    ...anOrphan({ row, uid: named(name), release: aRelease({ uid: named(name) }), ...more }),
    host: { ...anOrphan().host, view: here },
  });
  const claims = [{ uid: named('live-1'), host: h1, project: build.project }];
  return {
    views: [here, there],
    evidences: [
      of(0, 'live-1', {
        release: undefined,
        voices: [
          aVoice(registry, { says: 'claims', claims }),
          aVoice(router, { says: 'claims', claims: [{ uid: named('live-1') }] }),
        ],
      }),
      of(1, 'orphan-1', {}),
      of(2, 'suspect-1', {
        release: aRelease({ uid: named('suspect-1'), firstReadMs: ago(12 * build.minute).waitMs }),
      }),
      of(3, 'undecided-1', { release: undefined }),
      {
        ...anOrphan({
          uid: named('SVC_live-2'),
          release: undefined,
          known: false,
          voices: [aVoice(registry, { says: 'nothing' }), aVoice(router, { says: 'nothing' })],
        }),
        host: { view: there, match: swapped, generationMatch: swapped, swappedMs: undefined },
      },
    ],
  };
}

/** @param dir where the state file is made; the caller closes the store. */
export async function aScene(dir: string, setting: Setting = {}): Promise<Scene> {
  const { views, evidences } = { ...smallWorld(), ...setting };
  const store = openSqliteStore({ file: join(dir, 'state.db'), exclusive: true, demo: false });
  // The builders' epoch is the third.
  const id = parseId('coordinator', 'main');
  let lead = await store.lead(id, now.wallMs);
  while (lead.epoch < build.epoch) lead = await store.lead(id, now.wallMs);
  const fence = { epoch: lead.epoch, now };
  const by = build.operator;
  for (const { id: host } of views) await store.act(fence, by, 'test', { kind: 'host.enrolled', host, cell });
  const memories = new Map<HostId, HostMemory>(views.map((view) => [view.id, memoryOf(view)]));
  await store.recordFold(fence, { ...nothingFolded, hosts: [...memories.values()] });
  const none = { cell, orders: [], cases: [], breakers: [], tracks: [], paused: [] };
  let decision = await store.openPlan(fence, { ...none, tracks: [aTrack] });
  const mode = setting.mode ?? 'propose';
  if (mode !== 'observe')
    decision = await store.act(fence, by, 'test', {
      kind: 'mode.set',
      cell,
      generation: build.generation,
      mode,
    });

  const judgements = evidences.map((evidence) => judge(evidence, build.given));
  const told: string[] = [];
  let report: Report | undefined;
  const said: Said = { witnesses: [registry, router], lookedUp: [], demo: undefined };
  const deps: AdminDeps = {
    id,
    installation: lead.installation,
    epoch: lead.epoch,
    trustDomain: 'example.test',
    version: '0.1.0',
    cells: [cell],
    get demo() {
      return said.demo;
    },
    policy: build.policy,
    log: logger('test', 'error'),
    store,
    now: () => now,
    fence: () => fence,
    decision: () => decision,
    noteDecision: (mark) => (decision = mark),
    report: () => report,
    views: new Map(views.map((view) => [view.id, view])),
    isKnownLive: (view, row) => view.inventory?.uid[row]?.startsWith('live') === true,
    witnesses: () => said.witnesses,
    mappingHash: () => build.mappingHash,
    evidenceOf: (host, uid) =>
      evidences
        .filter((e) => e.host.view.id === host && e.uid === uid)
        .map((e) => ({ ...e, witnesses: said.witnesses })),
    lookUp: async () => said.lookedUp,
    host: (host) => memories.get(host),
    connected: (host) => host === h1,
    newOrderId: () => parseId('order', `o-${told.length + 100}`),
    hostChanged: (memory) => {
      memories.set(memory.host, memory);
      told.push(`changed ${memory.host}`);
    },
    hostRetired: (host) => void told.push(`retired ${host}`),
    hostAccepted: (host) => void told.push(`accepted ${host}`),
    itemsAcknowledged: (host, items) =>
      void told.push(`acknowledged ${host} ${items.map((i) => i.path).join(' ')}`),
    witnessAccepted: (witness, hash) => void told.push(`witness ${witness} ${hash}`),
    send: (orders) => void told.push(`sent ${orders.map((o) => `${o.action} ${o.uid}`).join(' ')}`),
    runSoon: () => void told.push('soon'),
  };
  const scene: Scene = {
    store,
    told,
    async pass() {
      const context = aContext({}, {});
      const real = { ...context, operator: await store.readOperatorState(fence) };
      const plan = planCell(cell, judgements, real);
      const counts = Object.fromEntries(
        verdicts.map((v) => [v, judgements.filter((j) => j.verdict === v).length]),
      );
      const refusals = new Map<string, number>();
      for (const { row } of judgements)
        for (const [gate, { outcome }] of Object.entries(row ?? {}))
          if (outcome === 'refuse') refusals.set(gate, (refusals.get(gate) ?? 0) + 1);
      for (const b of plan.blocked)
        for (const gate of b.by) refusals.set(gate, (refusals.get(gate) ?? 0) + 1);
      const inCell: CellReport = {
        cell,
        plan,
        proposed: proposed(cell, plan.proposals),
        findings: [],
        verdicts: counts as Record<Verdict, number>,
        refusals,
        context: real,
      };
      report = { pass: 7, at: ago(4_000), tookMs: 12, cells: [inCell], judgements, failures: [] };
      return report;
    },
    deps,
    said,
  };
  await scene.pass();
  return scene;
}

function memoryOf({ id, generation, readerVersion }: HostView): HostMemory {
  return {
    host: id,
    cell,
    generation,
    readerVersion,
    inheritsFrom: undefined,
    retired: false,
    acknowledged: [],
    journal: { sequence: 3, hash: build.digest },
    contested: undefined,
  };
}

/** A case in this state, as a round writes it down; for `ordered` with its order. */
export async function aCase(
  { store, deps }: Scene,
  uid: string,
  state: 'suspect' | 'orphan' | 'ordered',
  host: HostId = h1,
): Promise<Case> {
  const order = anOrder({ id: parseId('order', `o-${uid}`), host, uid: parseId('servo uid', uid) });
  const servoCase: Case = {
    uid: order.uid,
    incarnation: order.incarnation,
    host,
    cell,
    generation: build.generation,
    project: build.project,
    state,
    sinceMs: now.waitMs,
    sinceWallMs: now.wallMs,
    order: state === 'ordered' ? order.id : undefined,
    decidedAtVersion: 500,
    notBeforeMs: undefined,
    message: '',
  };
  const judgement = judge(anOrphan({ uid: order.uid }), build.given);
  const cases = [{ case: servoCase, evidence: recordOf(judgement) }];
  const orders = state === 'ordered' ? [order] : [];
  await store.openPlan(deps.fence(), { cell, orders, cases, breakers: [], tracks: [], paused: [] });
  return servoCase;
}

/** Puts a servo into quarantine the way it gets there: order, yes, receipt. */
export async function quarantine(world: Scene, uid: string, host: HostId = h1): Promise<void> {
  const { store, deps } = world;
  const { order } = await aCase(world, uid, 'ordered', host);
  if (order === undefined) throw new Error('an ordered case has an order');
  await store.giveYes(deps.fence(), order, { sinceMs: 0, perCohort: new Map() });
  const done = { outcome: 'executed', code: 'done', message: 'stopped', incarnation: undefined } as const;
  await store.recordReceipt(deps.fence(), { order, host, ...done }, 0);
  await world.pass();
}
