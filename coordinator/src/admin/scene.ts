// What one call looks at: the time, what operators said, the last pass; read once, so that one answer does not contradict itself.
import type {
  CellId,
  Generation,
  HostId,
  Incarnation,
  ReaderVersion,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import { Refused } from '@servo-auditor/proto/admin.ts';
import { stalenessMs, type Now } from '@servo-auditor/proto/time.ts';
import type { HostView } from '../domain/host.ts';
import {
  modeKey,
  modes,
  type EnrolledHost,
  type HoldScope,
  type Mode,
  type OperatorState,
  type Track,
} from '../domain/operator.ts';
import type { Judgement } from '../domain/verdict.ts';
import type { Report } from '../round/report.ts';
import type { AdminDeps } from './deps.ts';

export interface Scene {
  readonly now: Now;
  readonly operator: OperatorState;
  readonly report: Report | undefined;
}

export async function look(deps: AdminDeps): Promise<Scene> {
  return {
    now: deps.now(),
    operator: await deps.store.readOperatorState(deps.fence()),
    report: deps.report(),
  };
}

/** The last pass. Throws `Refused` where there was none yet under this leadership. */
export function reportOf({ report }: Scene): Report {
  if (report === undefined)
    throw new Refused('unavailable', 'no round is finished yet under this leadership; see: servoctl status');
  return report;
}

/** Throws `Refused` unless some enrolled host, or this coordinator, knows the cell. */
export function knownCell(cell: CellId, deps: AdminDeps, { operator }: Scene): void {
  if (deps.cells.includes(cell) || operator.hosts.some((h) => h.cell === cell)) return;
  throw new Refused('not-found', `there is no cell ${cell}; this coordinator leads ${deps.cells.join(', ')}`);
}

/** The host as operators enrolled it. Throws `Refused`. */
export function knownHost(host: HostId, { operator }: Scene): EnrolledHost {
  const found = operator.hosts.find((h) => h.host === host);
  if (found === undefined)
    throw new Refused('not-found', `there is no host ${host}; see: servoctl hosts list`);
  return found;
}

/** Throws `Refused` unless a host of this generation was ever heard in this cell. */
export function knownGeneration(cell: CellId, generation: Generation, { operator }: Scene): void {
  const here = [...operator.hosts, ...operator.tracks].filter((h) => h.cell === cell);
  if (here.some((h) => h.generation === generation)) return;
  const known = [...new Set(here.map((h) => h.generation ?? ''))].filter((g) => g !== '').join(', ');
  throw new Refused(
    'not-found',
    `cell ${cell} has no generation ${generation}; it has ${known === '' ? 'none yet' : known}`,
  );
}

/** Whether the host passes the gate `host-fresh` now. */
export function isFresh(view: HostView | undefined, now: Now, { epoch, policy }: AdminDeps): boolean {
  if (view?.heartbeat === undefined || view.inventory === undefined) return false;
  const limitMs = policy.hostFreshIntervals * policy.heartbeatIntervalMs;
  return (
    view.contested === undefined &&
    view.epoch === epoch &&
    stalenessMs(view.heartbeat.askedAt, now) <= limitMs
  );
}

export interface Placed {
  readonly uid: ServoUid;
  readonly projects: readonly (string | undefined)[];
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
}

/** Whether a hold with this scope protects a servo that stands there. */
export function scopeCovers(scope: HoldScope, servo: Placed): boolean {
  switch (scope.kind) {
    case 'servo':
      return scope.uid === servo.uid;
    case 'project':
      return servo.projects.includes(scope.project);
    case 'host':
      return scope.host === servo.host;
    case 'generation':
      return scope.cell === servo.cell && scope.generation === servo.generation;
    case 'cell':
      return scope.cell === servo.cell;
  }
}

const byReport = new WeakMap<Report, ReadonlyMap<string, Judgement>>();

/** The last pass's judgement of a servo that nobody plainly claims. Undefined: claimed, or not judged yet. */
export function judgementOf(
  report: Report | undefined,
  host: HostId,
  uid: ServoUid,
  incarnation: Incarnation,
): Judgement | undefined {
  if (report === undefined) return undefined;
  let index = byReport.get(report);
  if (index === undefined) {
    index = new Map(
      report.judgements.map((j) => [
        servoKey(j.evidence.host.view.id, j.evidence.uid, j.evidence.incarnation),
        j,
      ]),
    );
    byReport.set(report, index);
  }
  return index.get(servoKey(host, uid, incarnation));
}

/** "|" is in no id. */
export function servoKey(host: HostId, uid: ServoUid, incarnation: Incarnation): string {
  return `${host}|${uid}|${incarnation}`;
}

export function modeOf({ operator }: Scene, cell: CellId, generation: Generation): Mode {
  return operator.modes.get(modeKey(cell, generation)) ?? 'observe';
}

/** The track by which a reader version is trusted today: its own, or the one that it inherits from. */
export function trackOf(
  { operator }: Scene,
  deps: AdminDeps,
  at: {
    readonly cell: CellId;
    readonly generation: Generation;
    readonly readerVersion: ReaderVersion | undefined;
    readonly inheritsFrom: ReaderVersion | undefined;
  },
): Track | undefined {
  const fitting = operator.tracks.filter(
    (t) =>
      t.cell === at.cell &&
      t.generation === at.generation &&
      (t.readerVersion === at.readerVersion || t.readerVersion === at.inheritsFrom) &&
      t.mappingHash === deps.mappingHash(),
  );
  return fitting.toSorted((a, b) => modes.indexOf(b.certified) - modes.indexOf(a.certified))[0];
}

/** The highest mode that all reader versions in use by enrolled hosts of a generation are certified for. */
export function certifiedMode(scene: Scene, deps: AdminDeps, cell: CellId, generation: Generation): Mode {
  const hosts = scene.operator.hosts.filter(
    (h) => h.cell === cell && h.generation === generation && !h.retired,
  );
  const levels = hosts.map(({ readerVersion, inheritsFrom }) =>
    modes.indexOf(
      trackOf(scene, deps, { cell, generation, readerVersion, inheritsFrom })?.certified ?? 'observe',
    ),
  );
  return modes[levels.length === 0 ? 0 : Math.min(...levels)] ?? 'observe';
}
