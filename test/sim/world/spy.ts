// What a coordinator hears, reads and decides, told as it does so. Only calls between its own parts are listened to; nothing
// that it does is changed.
import type { HostId, Nonce } from '@servo-auditor/proto/ids.ts';
import type { Composed } from '../../../coordinator/src/compose.ts';
import type { Coordinator } from '../../../coordinator/src/coordinator.ts';
import type { CellReport, Report } from '../../../coordinator/src/round/report.ts';
import type { Gate } from '../event.ts';
import type { Proc } from '../kernel/loop.ts';
import { echoOf } from './echo.ts';
import type { Teller } from './tell.ts';

export interface SpyGiven {
  readonly proc: Proc;
  readonly tell: Teller;
  readonly onPass: () => void;
  /** What a pass found, for the story of a seed. */
  readonly onReport: (report: Report) => void;
}

export function watchCoordinator(composed: Composed, given: SpyGiven): void {
  watchReports(composed.coordinator, given);
  watchReadings(composed.coordinator, given);
  watchPasses(composed, given);
}

function watchReports(coordinator: Coordinator, { proc, tell }: SpyGiven): void {
  const { fleet, epoch } = coordinator;
  const takeHeartbeat = fleet.takeHeartbeat.bind(fleet);
  const takeSnapshot = fleet.takeSnapshot.bind(fleet);
  const contest = fleet.contest.bind(fleet);
  const heard = (
    host: HostId,
    digest: Parameters<typeof takeSnapshot>[1]['digest'],
    heartbeat: Parameters<typeof takeSnapshot>[1]['heartbeat'],
  ): void => {
    const boot = fleet.views.get(host)?.bootId;
    if (boot === undefined) return;
    tell.tell({
      kind: 'heartbeat.heard',
      host,
      boot,
      epoch,
      number: heartbeat.number,
      nonce: echoOf(coordinator, host) as Nonce,
      askedMs: proc.machine.trueOf(heartbeat.askedAt.monoMs),
      digest,
    });
  };
  fleet.takeHeartbeat = (host, report) => {
    const taken = takeHeartbeat(host, report);
    heard(host, report.digest, report.heartbeat);
    return taken;
  };
  fleet.takeSnapshot = (host, report, now) => {
    const taken = takeSnapshot(host, report, now);
    const boot = fleet.views.get(host)?.bootId;
    if (taken.ok && boot !== undefined) {
      heard(host, report.digest, report.heartbeat);
      tell.tell({
        kind: 'inventory.taken',
        host,
        boot,
        epoch,
        digest: report.digest,
        problems: report.problems.length,
        servos: report.servos.map(({ uid, incarnation, state }) => ({
          uid,
          incarnation,
          running: state === 'running',
        })),
      });
    }
    return taken;
  };
  fleet.contest = (host, why) => {
    contest(host, why);
    if (why !== undefined) tell.tell({ kind: 'contest.found', host, epoch, why });
  };
}

function watchReadings({ desk, epoch }: Coordinator, { proc, tell }: SpyGiven): void {
  const began = new Map<string, number>();
  const read = desk.read.bind(desk);
  const accept = desk.accept.bind(desk);
  const wait = desk.wait.bind(desk);
  const fail = desk.fail.bind(desk);
  desk.read = async (witness, sink) => {
    began.set(witness.profile.id, proc.loop.nowMs);
    return await read(witness, sink);
  };
  desk.accept = (id, meta) => {
    accept(id, meta);
    const beganMs = began.get(id) ?? 0;
    const { number, version, claims } = meta;
    tell.tell({
      kind: 'witness.read',
      epoch,
      witness: id,
      beganMs,
      outcome: 'accepted',
      number,
      version,
      claims,
    });
  };
  const other = { number: undefined, version: undefined, claims: undefined };
  desk.wait = (id, waiting) => {
    wait(id, waiting);
    tell.tell({
      kind: 'witness.read',
      epoch,
      witness: id,
      beganMs: began.get(id) ?? 0,
      outcome: 'waiting',
      ...other,
    });
  };
  desk.fail = (id, failure) => {
    fail(id, failure);
    tell.tell({
      kind: 'witness.read',
      epoch,
      witness: id,
      beganMs: began.get(id) ?? 0,
      outcome: 'failed',
      ...other,
    });
  };
}

function watchPasses({ loop, coordinator }: Composed, { proc, tell, onPass, onReport }: SpyGiven): void {
  const pass = loop.pass.bind(loop);
  loop.pass = async () => {
    onPass();
    const report = await pass();
    if (!proc.alive) return report;
    onReport(report);
    for (const cell of report.cells)
      tell.tell({
        kind: 'pass.ended',
        coordinator: coordinator.id,
        cell: cell.cell,
        epoch: coordinator.epoch,
        refusals: [...cell.refusals] as [Gate, number][],
        verdicts: cell.verdicts,
        full: fullBudgets(cell),
        findings: cell.findings.length,
      });
    return report;
  };
}

/** Kinds of cohorts that had no room left. */
function fullBudgets({ plan }: CellReport): readonly string[] {
  const kinds = plan.blocked.flatMap(({ row }) => {
    const { outcome, numbers } = row.budget;
    const cohort = outcome === 'refuse' ? numbers['cohort'] : undefined;
    return typeof cohort === 'string' ? [cohort.split(':')[0] ?? cohort] : [];
  });
  return [...new Set(kinds)].toSorted();
}
