// Why a servo has its verdict: judged anew at the moment of the question, from what is believed now and what operators said.
import {
  Refused,
  type AdminCalls,
  type Explanation,
  type ReplyOf,
  type Voice,
} from '@servo-auditor/proto/admin.ts';
import type { HostId, ServoUid } from '@servo-auditor/proto/ids.ts';
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import { actingOn, answerActions } from '../decide/plan.ts';
import { explain } from '../decide/explain.ts';
import { judgeWhole } from '../decide/verdict.ts';
import type { Case } from '../domain/case.ts';
import type { Evidence, Voice as DomainVoice } from '../domain/evidence.ts';
import type { ActionRow, Judgement } from '../domain/verdict.ts';
import type { WitnessView } from '../domain/witness.ts';
import type { AdminDeps } from './deps.ts';
import { inventoryNote } from './hosts.ts';
import { caseRow, freezeNote, gateRow, holdRow, matchRow, orderRow, wholeMs } from './rows.ts';
import { isFresh, judgementOf, knownHost, look, modeOf, scopeCovers, trackOf, type Scene } from './scene.ts';

/** Cases of one uid that are looked through: its newest. */
const maxCases = 100;

export function explainCalls(deps: AdminDeps): Pick<AdminCalls, 'Explain'> {
  return {
    async Explain({ uid, host }) {
      const scene = await look(deps);
      if (host !== undefined) knownHost(host, scene);
      const cases = await deps.store.findCases({ uid, limit: maxCases });
      const evidences = copiesOf(uid, host, deps);
      const copies = await Promise.all(evidences.map((e) => explanation(e, cases, deps, scene)));
      const past = cases.filter(
        (c) =>
          (host === undefined || c.host === host) && !evidences.some((e) => e.incarnation === c.incarnation),
      );
      return {
        uid,
        copies,
        past: past.map((c) => caseRow(c, scene.now)),
        ...(copies.length === 0 ? await notReported(uid, host, past, deps, scene) : { voices: [] }),
        decision: deps.decision(),
        demo: deps.demo !== undefined,
        freeze: freezeNote(scene.operator.freeze),
      };
    },
  };
}

function copiesOf(uid: ServoUid, host: HostId | undefined, deps: AdminDeps): readonly Evidence[] {
  return [...deps.views.values()]
    .filter((v) => (host === undefined || v.id === host) && v.inventory?.uid.includes(uid) === true)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((v) => deps.evidenceOf(v.id, uid));
}

async function notReported(
  uid: ServoUid,
  host: HostId | undefined,
  past: readonly Case[],
  deps: AdminDeps,
  { now }: Scene,
): Promise<Pick<ReplyOf<'Explain'>, 'notReported' | 'voices'>> {
  const asked = await deps.lookUp(uid);
  const voices = asked.map(({ witness, answer }) => {
    const claims = 'failure' in answer ? [] : answer;
    const says = claims.length > 0 ? 'claims' : 'nothing';
    const row = voiceRow(
      { witness: witness.id, source: witness.source, authority: witness.authority, says, claims },
      witness,
      now,
    );
    return 'failure' in answer ? { ...row, failure: answer.failure } : row;
  });
  const claiming = voices.filter((v) => v.says === 'claims');
  const where = host === undefined ? 'no host' : `${host} does not`;
  const unread = [...deps.views.values()].filter((v) => v.inventory === undefined).length;
  if (
    claiming.length === 0 &&
    past.length === 0 &&
    unread === 0 &&
    !voices.some((v) => v.failure !== undefined)
  )
    throw new Refused(
      'not-found',
      `there is no servo ${uid}: ${host === undefined ? 'no host reports' : `${host} does not report`} it, no witness claims it, and no case of it is kept; see: servoctl servos list --host <host>`,
    );
  const whoClaims =
    claiming.length === 0
      ? 'no witness claims it'
      : `${claiming.map((v) => v.witness).join(' and ')} claim(s) it${hostsOf(claiming)}`;
  const reports = host === undefined ? `${where} reports it` : `${where} report it`;
  return {
    notReported: `${reports}; ${whoClaims}${unread === 0 ? '' : `; ${unread} host(s) have not sent their inventory yet`}`,
    voices,
  };
}

function hostsOf(voices: readonly Voice[]): string {
  const hosts = [...new Set(voices.flatMap((v) => v.claims.flatMap((c) => c.host ?? [])))];
  return hosts.length === 0 ? '' : ` on ${hosts.join(', ')}`;
}

async function explanation(
  evidence: Evidence,
  cases: readonly Case[],
  deps: AdminDeps,
  scene: Scene,
): Promise<Explanation> {
  const { view, match, generationMatch } = evidence.host;
  const { uid, incarnation, row } = evidence;
  const { now, operator } = scene;
  const judgement = judgeWhole(evidence, { now, policy: deps.policy, epoch: deps.epoch });
  const servoCase = cases.find((c) => c.incarnation === incarnation && c.host === view.id);
  const order =
    operator.openOrders.find((o) => o.uid === uid && o.host === view.id && o.state !== 'closed') ??
    (servoCase?.order === undefined ? undefined : await deps.store.findOrder(servoCase.order));
  const mode = modeOf(scene, view.cell, view.generation);
  const track = trackOf(scene, deps, view);
  const certified = track?.certified ?? 'observe';
  const confirmed = track?.confirmedOrphan !== undefined;
  const actions = actionsOf(judgement, deps, scene);
  const explained = explain({ judgement, actions, now, servoCase, order, mode, certified, confirmed });
  const { release } = evidence;
  const placed = {
    uid,
    projects: [evidence.project, release?.project],
    host: view.id,
    cell: view.cell,
    generation: view.generation,
  };
  const cpu = view.inventory?.cpuPermille[row] ?? -1;
  const connections = view.inventory?.connections[row] ?? -1;
  return {
    uid,
    incarnation,
    runtimeId: evidence.runtimeId,
    project: evidence.project,
    host: view.id,
    cell: view.cell,
    generation: view.generation,
    state: evidence.state,
    activity: evidence.activity,
    contradiction: evidence.contradiction,
    cpuPermille: cpu < 0 ? undefined : cpu,
    connections: connections < 0 ? undefined : connections,
    firstSeenAgoMs: wholeMs(now.waitMs - evidence.firstSeenMs),
    verdict: scene.report === undefined ? undefined : explained.verdict,
    summary: explained.summary,
    hostFacts: {
      host: view.id,
      generation: view.generation,
      readerVersion: view.readerVersion,
      bootId: view.bootId,
      fresh: isFresh(view, now, deps),
      heartbeatAgeMs:
        view.heartbeat === undefined ? undefined : wholeMs(stalenessMs(view.heartbeat.askedAt, now)),
      inventory: inventoryNote(view),
      contested: view.contested,
      match: matchRow(match),
      generationMatch: matchRow(generationMatch),
    },
    gates: explained.gates.map(gateRow),
    voices: evidence.voices.map((v) => voiceRow(v, witnessOf(v, evidence), now)),
    known: evidence.known,
    release: release === undefined ? undefined : releaseRow(release, scene),
    rounds: roundRows(evidence, scene),
    roundCount: evidence.roundCount,
    case: servoCase === undefined ? undefined : caseRow(servoCase, now),
    order: order === undefined ? undefined : orderRow(order, now),
    holds: operator.holds.filter((h) => scopeCovers(h.scope, placed)).map((h) => holdRow(h, now)),
    next: explained.next,
    mode,
    certified,
    judgedAgoMs: judgedAgo(evidence, scene),
  };
}

function judgedAgo({ host, uid, incarnation, voices }: Evidence, { report, now }: Scene): number | undefined {
  if (report === undefined) return undefined;
  const claimed = voices.some((v) => v.says === 'claims');
  if (!claimed && judgementOf(report, host.view.id, uid, incarnation) === undefined) return undefined;
  return wholeMs(stalenessMs(report.at, now));
}

/** Every action gate's answer, with what operators have said by now. What the plan gave away of a budget stays given. */
function actionsOf(
  judgement: Judgement,
  { policy }: AdminDeps,
  { report, operator, now }: Scene,
): ActionRow | undefined {
  const { uid, incarnation, host } = judgement.evidence;
  const cell = report?.cells.find((c) => c.cell === host.view.cell);
  if (report === undefined || cell === undefined) return undefined;
  const acting = actingOn(report.judgements, { ...cell.context, now, operator, policy });
  const row = answerActions(judgement, acting);
  const blocked = cell.plan.blocked.find(
    (b) =>
      b.evidence.uid === uid &&
      b.evidence.incarnation === incarnation &&
      b.evidence.host.view.id === host.view.id,
  );
  return blocked !== undefined && row.budget.outcome === 'pass'
    ? { ...row, budget: blocked.row.budget }
    : row;
}

function witnessOf({ witness }: DomainVoice, { witnesses }: Evidence): WitnessView {
  const view = witnesses.find((w) => w.id === witness);
  if (view === undefined) throw new Error(`no view of the witness ${witness}`);
  return view;
}

function voiceRow(
  { witness, source, authority, says, claims }: DomainVoice,
  view: WitnessView,
  now: Scene['now'],
): Voice {
  const { accepted, failure, waiting } = view;
  return {
    witness,
    source,
    authority,
    says,
    failure,
    waiting: waiting?.message,
    claims: claims.slice(0, 1000).map(({ uid, host, incarnation, project, since }) => ({
      uid,
      host,
      incarnation,
      project,
      sinceVersion: since,
    })),
    snapshotAgeMs: accepted === undefined ? undefined : wholeMs(stalenessMs(accepted.startedAt, now)),
    snapshotVersion: accepted?.version,
    snapshotNumber: accepted?.number,
  };
}

const cappedBecause = {
  'tombstone-older': 'its tombstone names no incarnation, and was read before this one was seen',
  'no-lookup': 'no look-up of this single uid confirms it',
} as const;

function releaseRow(
  release: NonNullable<Evidence['release']>,
  { now }: Scene,
): NonNullable<Explanation['release']> {
  const { kind, firstReadMs, projectReleased, project, capped } = release;
  return {
    kind,
    projectReleased,
    project,
    firstReadAgoMs: wholeMs(now.waitMs - firstReadMs),
    capped: capped === undefined ? undefined : cappedBecause[capped],
  };
}

/** Of many rounds only the first and the newest few are kept: the newest bear the last numbers. */
function roundRows({ rounds, roundCount }: Evidence, { now }: Scene): Explanation['rounds'] {
  return rounds.slice(-100).map((r, i, kept) => ({
    number: i === 0 && kept.length === rounds.length ? 1 : roundCount - (kept.length - 1 - i),
    heartbeat: r.heartbeat,
    epoch: r.epoch,
    bootId: r.bootId,
    fresh: r.fresh,
    agoMs: wholeMs(now.waitMs - r.atMs),
    snapshots: r.snapshots.map(({ witness, number, version }) => ({
      witness,
      number,
      version,
    })),
  }));
}
