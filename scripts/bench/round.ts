// One whole round as run.ts makes it, without the database and the network: the parts are the product's own.
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import { check } from '../../coordinator/src/check/check.ts';
import { planInSteps } from '../../coordinator/src/decide/plan.ts';
import { judge } from '../../coordinator/src/decide/verdict.ts';
import type { RoundContext } from '../../coordinator/src/domain/plan.ts';
import type { Judgement, Verdict } from '../../coordinator/src/domain/verdict.ts';
import type { SnapshotMeta, WitnessProfile } from '../../coordinator/src/domain/witness.ts';
import type { Fleet } from '../../coordinator/src/fold/fleet.ts';
import { Turns } from '../../coordinator/src/fold/turns.ts';
import { prepare } from '../../coordinator/src/round/prepare.ts';
import { inSlices, stepwise } from '../../coordinator/src/round/yield.ts';
import { cpuMs } from './cpu.ts';
import { epoch, policy, registry, router, type Said, type World } from './world.ts';

/** CPU time of each part in milliseconds, and what came out. */
export interface Timed {
  /** Rows into columns. */
  readonly readMs: number;
  /** Everything else: what differs, match, evidence, judgement, plans, check. */
  readonly restMs: number;
  /** Of that, plans and check. */
  readonly planMs: number;
  readonly candidates: number;
  readonly verdicts: Partial<Record<Verdict, number>>;
  readonly findings: number;
}

const accepted = new Map<Fleet, Map<string, SnapshotMeta>>();
let snapshots = 0;

export async function round(world: World, fleet: Fleet, said: Said): Promise<Timed> {
  const begun = cpuMs();
  fleet.noteHeartbeats(world.now);
  let readMs = 0;
  for (const witness of [registry, router]) readMs += await read(world, fleet, witness, said);
  const { candidates, verdicts, findings, planMs } = await decide(world, fleet);
  return { readMs, restMs: cpuMs() - begun - readMs, planMs, candidates, verdicts, findings };
}

async function read(world: World, fleet: Fleet, witness: WitnessProfile, said: Said): Promise<number> {
  const startedAt = world.now;
  const builder = fleet.beginSnapshot(witness.id, startedAt);
  const begun = cpuMs();
  const turns = new Turns();
  let row = 0;
  for (const claim of said.claims) {
    builder.claim(claim);
    if (++row % 512 === 0 && turns.over) await turns.give();
  }
  if (witness.authority) for (const tombstone of said.tombstones) builder.tombstone(tombstone);
  const readMs = cpuMs() - begun;
  await turns.give();
  const finished = await builder.finish();
  const number = ++snapshots;
  const { claims } = finished;
  const meta = { number, startedAt, tookMs: readMs, version: number, lineage: 'bench', claims };
  finished.commit(meta);
  await turns.give();
  const known = accepted.get(fleet) ?? new Map<string, SnapshotMeta>();
  accepted.set(fleet, known.set(witness.id, meta));
  return readMs;
}

async function decide(world: World, fleet: Fleet) {
  const witnesses = [registry, router].map((profile) => ({
    ...profile,
    accepted: accepted.get(fleet)?.get(profile.id),
    waiting: undefined,
    failure: undefined,
  }));
  const { now } = world;
  const prepared = await prepare(fleet, {
    now,
    witnesses,
    enrolled: world.enrolled,
    acknowledgedMissing: [],
    lookup: (_uid: ServoUid) => Promise.resolve({ claims: [], version: 1, lineage: 'bench' }),
  });
  const judgements: Judgement[] = [];
  await inSlices(prepared.evidences, (evidence) => judgements.push(judge(evidence, { now, policy, epoch })));
  const context: RoundContext = {
    now,
    policy,
    epoch,
    mappingHash: 'bench',
    stalledMs: 0,
    unseenMs: 0,
    operator: { ...noOperators, hosts: world.enrolled },
    population: prepared.population,
    cells: prepared.cells,
  };
  const planned = cpuMs();
  let findings = 0;
  for (const cell of world.cells()) {
    const plan = await stepwise(planInSteps(cell, judgements, context));
    const raw = {
      views: prepared.views,
      witnesses,
      claims: fleet.claims(),
      releases: fleet.releases(),
      context,
    };
    findings += check(plan, raw).length;
    await new Turns().give();
  }
  const planMs = cpuMs() - planned;
  const verdicts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of judgements) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  return { candidates: judgements.length, verdicts, findings, planMs };
}

const noOperators: RoundContext['operator'] = {
  holds: [],
  freeze: undefined,
  approvals: [],
  modes: new Map(),
  tracks: [],
  breakers: [],
  exemptions: [],
  hosts: [],
  acknowledgedMissing: [],
  openOrders: [],
  charges: [],
  cases: [],
};
