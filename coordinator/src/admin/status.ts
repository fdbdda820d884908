// What is going on: per cell, which gate blocks how many, and whatever waits for a person.
import type { AdminCalls, CellStatus, GateCount } from '@servo-auditor/proto/admin.ts';
import type { CellId } from '@servo-auditor/proto/ids.ts';
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import { actionGates, evidenceGates } from '../domain/verdict.ts';
import type { CellReport } from '../round/report.ts';
import { attentionOf } from './attention.ts';
import type { AdminDeps } from './deps.ts';
import { breakerRow, freezeNote, wholeMs, witnessRow } from './rows.ts';
import { isFresh, look, type Scene } from './scene.ts';

export function statusCalls(deps: AdminDeps): Pick<AdminCalls, 'Status'> {
  return {
    async Status() {
      const scene = await look(deps);
      const { now, operator } = scene;
      return {
        installation: deps.installation,
        coordinator: deps.id,
        version: deps.version,
        demo: deps.demo !== undefined,
        factor: deps.demo,
        epoch: deps.epoch,
        decision: deps.decision(),
        freeze: freezeNote(operator.freeze),
        cells: deps.cells.map((cell) => cellStatus(cell, deps, scene)),
        breakers: operator.breakers.map(breakerRow),
        witnesses: deps.witnesses().map((view) => witnessRow(view, now, deps.policy)),
        attention: attentionOf(deps, scene),
      };
    },
  };
}

const noVerdicts = { live: 0, stray: 0, suspect: 0, orphan: 0, undecided: 0 };

function cellStatus(cell: CellId, deps: AdminDeps, scene: Scene): CellStatus {
  const { now, operator, report } = scene;
  const hosts = operator.hosts.filter((h) => h.cell === cell && !h.retired);
  const decided = report?.cells.find((c) => c.cell === cell);
  return {
    cell,
    enrolled: hosts.length,
    fresh: hosts.filter((h) => isFresh(deps.views.get(h.host), now, deps)).length,
    connected: hosts.filter((h) => deps.connected(h.host)).length,
    verdicts: decided?.verdicts ?? noVerdicts,
    blocked: decided === undefined ? [] : blockedBy(decided),
    proposals: decided?.proposed.proposals.length ?? 0,
    openOrders: operator.openOrders.filter((o) => o.cell === cell && o.state !== 'closed').length,
    quarantined: operator.cases.filter((c) => c.cell === cell && c.state === 'quarantined').length,
    lastRound:
      report === undefined || decided === undefined
        ? undefined
        : {
            number: report.pass,
            ageMs: wholeMs(stalenessMs(report.at, now)),
            tookMs: wholeMs(report.tookMs),
            orders: decided.plan.entries.length,
            findings: decided.findings.map((f) => `${f.rule}: ${f.message}`),
          },
    notDeciding: notDeciding(deps, scene),
  };
}

function blockedBy({ refusals }: CellReport): readonly GateCount[] {
  const counted = (gate: string, kind: GateCount['kind']): readonly GateCount[] => {
    const servos = refusals.get(gate) ?? 0;
    return servos === 0 ? [] : [{ gate, kind, servos }];
  };
  return [
    ...evidenceGates.flatMap((gate) => counted(gate, 'evidence')),
    ...actionGates.flatMap((gate) => counted(gate, 'action')),
  ];
}

/** Why no verdict can come about now. Undefined: rounds go on. */
function notDeciding(deps: AdminDeps, { report }: Scene): string | undefined {
  const unread = deps.witnesses().filter((w) => w.accepted === undefined);
  if (unread.length > 0)
    return `no snapshot of ${unread.map((w) => w.id).join(', ')} was accepted under this leadership; see: servoctl witnesses list`;
  return report === undefined
    ? 'the first round under this leadership is not finished; it comes by itself'
    : undefined;
}
