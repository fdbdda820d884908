// One pass: note the heartbeats, read every witness after that, fold, judge, plan, read the plan a second time, make it
// durable, and only then let orders leave. The steps stand here in their order; each is somewhere else.
import { randomBytes } from 'node:crypto';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import type { CellId } from '@servo-auditor/proto/ids.ts';
import { stalenessMs, type Now } from '@servo-auditor/proto/time.ts';
import { check } from '../check/check.ts';
import type { Coordinator } from '../coordinator.ts';
import { advanceTracks } from '../decide/certify.ts';
import { snapshotLimitMs } from '../decide/gates/evidence/witness-fresh.ts';
import { planInSteps } from '../decide/plan.ts';
import { judge } from '../decide/verdict.ts';
import type { Finding, Plan, Proposal, ProposedPlan, RoundContext } from '../domain/plan.ts';
import { evidenceGates, verdicts, type Judgement, type Verdict } from '../domain/verdict.ts';
import { changeOf, orderIdFrom } from './commit.ts';
import { evidenceOf, prepare, type Prepared } from './prepare.ts';
import type { Readings } from './read.ts';
import type { CellReport, Report } from './report.ts';
import { restoresOf, type Sight } from './restore.ts';
import type { StallWatch } from './stall.ts';
import { inSlices, stepwise } from './yield.ts';

const newOrderId = () => orderIdFrom(randomBytes(8));

export class Rounds {
  readonly #coordinator: Coordinator;
  readonly #readings: Readings;
  readonly #stalls: StallWatch;
  #passes = 0;
  #lastAt: Now | undefined;

  constructor(coordinator: Coordinator, readings: Readings, stalls: StallWatch) {
    this.#coordinator = coordinator;
    this.#readings = readings;
    this.#stalls = stalls;
  }

  /** One whole pass over all cells. Rejects when hard state cannot be written, or another coordinator leads. */
  async pass(): Promise<Report> {
    const { clock, fleet, cells, log, store } = this.#coordinator;
    // Yeses and receipts have moved the chain on since: agents hear of it with the next question.
    this.#coordinator.noteDecision(await store.latest());
    const begun = clock.now();
    fleet.noteHeartbeats(begun);
    const failures = await this.#readings.readAll();
    const prepared = await this.#prepare();
    const judgements = await this.#judgeAll(prepared);
    const reports: CellReport[] = [];
    for (const cell of cells) {
      reports.push(await this.#decide(cell, judgements, prepared, begun));
    }
    await this.#restore(prepared, begun);
    await this.#coordinator.dispatch.tend();
    const tookMs = clock.now().monoMs - begun.monoMs;
    this.#lastAt = begun;
    log.debug({ event: 'round.done', pass: this.#passes + 1, tookMs: Math.round(tookMs) });
    return { pass: ++this.#passes, at: begun, tookMs, cells: reports, judgements, failures };
  }

  async #prepare(): Promise<Prepared> {
    const { fleet, clock, desk, hosts, store, fence } = this.#coordinator;
    const { acknowledgedMissing, hosts: enrolled } = await store.readOperatorState(fence());
    const prepared = await prepare(fleet, {
      now: clock.now(),
      witnesses: desk.views(),
      enrolled,
      acknowledgedMissing,
      lookup: desk.authority.profile.hasLookup ? (uid) => desk.lookup(desk.authority, uid) : undefined,
    });
    for (const { host, inheritsFrom } of prepared.inherited) {
      const memory = hosts.get(host);
      if (memory !== undefined) hosts.set({ ...memory, inheritsFrom });
    }
    const changed = hosts.takeChanged();
    try {
      await store.recordFold(fence(), { ...prepared.change, hosts: changed });
    } catch (error) {
      fleet.giveBack(prepared.change);
      for (const memory of changed) hosts.set(hosts.get(memory.host) ?? memory);
      throw error;
    }
    return prepared;
  }

  async #judgeAll({ evidences }: Prepared): Promise<readonly Judgement[]> {
    const { clock, policy, epoch } = this.#coordinator;
    const given = { now: clock.now(), policy, epoch };
    const judgements: Judgement[] = [];
    await inSlices(evidences, (evidence) => judgements.push(judge(evidence, given)));
    return judgements;
  }

  /** Wait time since the pass before, if some witness has no fresh snapshot now; else 0. */
  #unseenMs(): number {
    const { desk, clock, policy } = this.#coordinator;
    const now = clock.now();
    const allFresh = desk
      .views()
      .every(
        (w) =>
          w.accepted !== undefined &&
          stalenessMs(w.accepted.startedAt, now) <= snapshotLimitMs(w.accepted.tookMs, policy),
      );
    return allFresh || this.#lastAt === undefined ? 0 : now.waitMs - this.#lastAt.waitMs;
  }

  /** The context is read anew for every cell: orders of the one before count in the fleet's budget. */
  async #context(prepared: Prepared): Promise<RoundContext> {
    const { clock, policy, epoch, desk, store, fence } = this.#coordinator;
    const evidenceMs = policy.hostFreshIntervals * policy.heartbeatIntervalMs;
    return {
      now: clock.now(),
      policy,
      epoch,
      mappingHash: desk.mappingHash,
      unseenMs: this.#unseenMs(),
      stalledMs: this.#stalls.longestMs(evidenceMs),
      operator: await store.readOperatorState(fence()),
      population: prepared.population,
      cells: prepared.cells,
    };
  }

  async #decide(
    cell: CellId,
    judgements: readonly Judgement[],
    prepared: Prepared,
    begun: Now,
  ): Promise<CellReport> {
    const { fleet, desk, store, fence, dispatch, log } = this.#coordinator;
    const context = await this.#context(prepared);
    const plan = await stepwise(planInSteps(cell, judgements, context));
    const raw = {
      views: prepared.views,
      witnesses: desk.views(),
      claims: fleet.claims(),
      releases: fleet.releases(),
      context,
    };
    const findings = check(plan, raw);
    const here = judgements.filter((j) => j.evidence.host.view.cell === cell);
    if (findings.length > 0) log.error({ event: 'plan.void', cell, findings: findings.slice(0, 20) });
    // A void plan orders nothing; what was seen, and the breakers, are written down all the same.
    const standing: Plan = findings.length > 0 ? { ...plan, entries: [] } : plan;
    const change = changeOf({
      plan: standing,
      judgements: here,
      views: prepared.views,
      tracks: advanceTracks(prepared.facts, context),
      context,
      authorityVersion: desk.views().find((w) => w.authority)?.accepted?.version,
      newOrderId,
      pausedMs: this.#lastAt === undefined ? 0 : begun.monoMs - this.#lastAt.monoMs,
    });
    this.#coordinator.noteDecision(await store.openPlan(fence(), change));
    dispatch.send(change.orders);
    for (const { id, host, uid } of change.orders)
      log.info({ event: 'order.opened', order: id, host, uid, cell });
    return reportOf(cell, standing, findings, here, prepared, context);
  }

  async #restore(prepared: Prepared, begun: Now): Promise<void> {
    const { store, fence, dispatch, log } = this.#coordinator;
    const context = { ...(await this.#context(prepared)), now: begun };
    const { orders, wrong } = restoresOf(context, this.#sight(), { newOrderId });
    if (orders.length === 0) return;
    this.#coordinator.noteDecision(await store.openRestores(fence(), orders, wrong));
    dispatch.send(orders);
    for (const { id, host, uid } of orders)
      log.warn({ event: 'restore.opened', order: id, host, uid, reason: 'claimed again' });
    for (const { member, message } of wrong)
      log.error({ event: 'auditor.wrong', uid: member.uid, host: member.host, message });
  }

  #sight(): Sight {
    const { fleet, clock, desk } = this.#coordinator;
    return {
      evidenceOf: (host, uid) =>
        evidenceOf(fleet, host, uid, { now: clock.now(), witnesses: desk.views() })[0],
      runsElsewhere: (host, uid) =>
        [...fleet.views.values()].some((v) => v.id !== host && v.inventory?.uid.includes(uid)),
    };
  }
}

function reportOf(
  cell: CellId,
  plan: Plan,
  findings: readonly Finding[],
  judgements: readonly Judgement[],
  prepared: Prepared,
  context: RoundContext,
): CellReport {
  const counts = Object.fromEntries(verdicts.map((v) => [v, 0])) as Record<Verdict, number>;
  const refusals = new Map<string, number>();
  const refuse = (gate: string): unknown => refusals.set(gate, (refusals.get(gate) ?? 0) + 1);
  for (const { verdict, row } of judgements) {
    counts[verdict]++;
    if (row !== undefined) for (const gate of evidenceGates) if (row[gate].outcome === 'refuse') refuse(gate);
  }
  for (const { by } of plan.blocked) for (const gate of by) refuse(gate);
  for (const [key, live] of prepared.live) if (key.startsWith(`${cell}:`)) counts.live += live;
  return {
    cell,
    plan,
    proposed: proposed(cell, plan.proposals),
    findings,
    verdicts: counts,
    refusals,
    context,
  };
}

/** The list that an operator approves, with the hash that names exactly it. */
export function proposed(cell: CellId, proposals: readonly Proposal[]): ProposedPlan {
  const lines = proposals.map(({ uid, incarnation, host }) => `${uid} ${incarnation} ${host}\n`);
  return { cell, hash: sha256Hex(lines.join('')), proposals };
}
