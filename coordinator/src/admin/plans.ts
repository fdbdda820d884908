// What waits for nothing but an approval. An approval names the hash of the list that was seen.
import {
  Refused,
  type AdminCalls,
  type Blocked as BlockedRow,
  type Next,
  type Plan as PlanRow,
} from '@servo-auditor/proto/admin.ts';
import type { CellId, Digest } from '@servo-auditor/proto/ids.ts';
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import { duration, render } from '../domain/answer.ts';
import type { Blocked, Proposal } from '../domain/plan.ts';
import { acted } from './act.ts';
import type { AdminDeps } from './deps.ts';
import { gateRow, orderRow, reasonWanted, wholeMs } from './rows.ts';
import { knownCell, look, reportOf, type Scene } from './scene.ts';

export function planCalls(deps: AdminDeps): Pick<AdminCalls, 'ListPlans' | 'ApprovePlan' | 'RejectPlan'> {
  return {
    async ListPlans({ cell }) {
      const scene = await look(deps);
      if (cell !== undefined) knownCell(cell, deps, scene);
      const cells = deps.cells.filter((c) => cell === undefined || c === cell);
      return { plans: cells.map((c) => planRow(c, scene)) };
    },

    async ApprovePlan({ cell, hash, reason }, by) {
      const members = await listOf(cell, hash, deps);
      const lives = duration(deps.policy.approvalLivesMs);
      const message = `${members.length} servo(s) of ${cell} are approved for ${lives}; every other gate still counts`;
      const what = {
        kind: 'plan.approved',
        cell,
        hash,
        members: members.map(({ uid, incarnation }) => ({ uid, incarnation })),
      } as const;
      return await acted(deps, by, reason, what, message, [
        { command: 'servoctl watch', why: 'see the orders go out, and what becomes of them' },
        { command: 'servoctl quarantine list', why: 'what is stopped, and how to bring it back' },
      ]);
    },

    async RejectPlan({ cell, hash, reason, holdMs }, by) {
      const members = await listOf(cell, hash, deps);
      const message = `${members.length} servo(s) of ${cell} are held for ${duration(holdMs)}`;
      const holdUntilMs = deps.now().waitMs + holdMs;
      const servos = members.map(({ uid, incarnation }) => ({ uid, incarnation }));
      const what = { kind: 'plan.rejected', cell, hash, members: servos, holdUntilMs } as const;
      return await acted(deps, by, reason, what, message, [
        { command: 'servoctl holds list', why: 'the holds that it set' },
      ]);
    },
  };
}

/** The list that this hash names now. Throws `Refused` when it has changed since it was seen. */
async function listOf(cell: CellId, hash: Digest, deps: AdminDeps): Promise<readonly Proposal[]> {
  const scene = await look(deps);
  knownCell(cell, deps, scene);
  const proposed = reportOf(scene).cells.find((c) => c.cell === cell)?.proposed;
  if (proposed === undefined || proposed.proposals.length === 0)
    throw new Refused('unfit', `nothing in ${cell} waits for an approval; see: servoctl plans show ${cell}`);
  if (proposed.hash !== hash)
    throw new Refused(
      'unfit',
      `the list of ${cell} has changed since it was seen; look again: servoctl plans show ${cell}`,
    );
  return proposed.proposals;
}

function planRow(cell: CellId, { report, operator, now }: Scene): PlanRow {
  const found = report?.cells.find((c) => c.cell === cell);
  const proposals = found?.proposed.proposals ?? [];
  const proposed = new Set(proposals.map((p) => `${p.uid} ${p.incarnation} ${p.host}`));
  const blocked = (found?.plan.blocked ?? []).filter(
    ({ evidence: { uid, incarnation, host } }) => !proposed.has(`${uid} ${incarnation} ${host.view.id}`),
  );
  const hash = proposals.length === 0 ? undefined : found?.proposed.hash;
  return {
    cell,
    hash,
    proposals: proposals.map(({ uid, incarnation, host, generation, project }) => ({
      uid,
      incarnation,
      host,
      generation,
      project,
    })),
    blocked: blocked.map(blockedRow),
    orders: operator.openOrders
      .filter((o) => o.cell === cell && o.state !== 'closed')
      .map((o) => orderRow(o, now)),
    ageMs: report === undefined ? undefined : wholeMs(stalenessMs(report.at, now)),
    next: hash === undefined ? [] : nextOf(cell, hash),
  };
}

function nextOf(cell: CellId, hash: Digest): readonly Next[] {
  return [
    {
      command: `servoctl plans approve ${cell} --hash ${hash} ${reasonWanted}`,
      why: 'let exactly these be stopped',
    },
    {
      command: `servoctl plans reject ${cell} --hash ${hash} ${reasonWanted}`,
      why: 'hold all of them instead',
    },
  ];
}

function blockedRow({ evidence, row, by }: Blocked): BlockedRow {
  const { view } = evidence.host;
  return {
    servo: {
      uid: evidence.uid,
      incarnation: evidence.incarnation,
      host: view.id,
      generation: view.generation,
      project: evidence.release?.project ?? evidence.project,
    },
    by: by.map((name) => {
      const { outcome, says, lifts, numbers } = row[name];
      return gateRow({
        name,
        kind: 'action',
        outcome,
        says: render(says, numbers),
        lifts: render(lifts, numbers),
        numbers,
      });
    }),
  };
}
