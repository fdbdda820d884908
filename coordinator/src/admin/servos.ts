// Servos as last judged, page by page. What nobody plainly claims has a judgement of the last pass; the rest is live.
import { setImmediate as giveWay } from 'node:timers/promises';
import { Refused, type AdminCalls, type RequestOf, type ServoRow } from '@servo-auditor/proto/admin.ts';
import type { HostView } from '../domain/host.ts';
import { activities, contradictions, servoStates } from '../domain/servo.ts';
import { evidenceGates, type Judgement, type Verdict } from '../domain/verdict.ts';
import type { AdminDeps } from './deps.ts';
import { judgementOf, knownCell, knownHost, look, scopeCovers, servoKey, type Scene } from './scene.ts';

type Wanted = RequestOf<'ListServos'>;

/** Rows that are looked at before others get their turn: a few milliseconds' worth. */
const rowsAtOnce = 2000;

export function servoCalls(deps: AdminDeps): Pick<AdminCalls, 'ListServos'> {
  return {
    async ListServos(wanted) {
      const scene = await look(deps);
      if (wanted.host !== undefined) knownHost(wanted.host, scene);
      if (wanted.cell !== undefined) knownCell(wanted.cell, deps, scene);
      const servos: ServoRow[] = [];
      let last: string | undefined;
      let seen = 0;
      for (const [view, row] of rowsAfter(wanted, deps)) {
        if (++seen % rowsAtOnce === 0) await giveWay();
        const found = servoRow(view, row, deps, scene, wanted);
        if (found === undefined) continue;
        if (servos.length === wanted.pageSize) return { servos, nextPageToken: last };
        servos.push(found);
        last = servoKey(found.host, found.uid, found.incarnation);
      }
      return { servos, nextPageToken: undefined };
    },
  };
}

/** Rows by host, then in canonical order, beginning behind the page token. */
function* rowsAfter(
  { host, cell, pageToken }: Wanted,
  { views }: AdminDeps,
): Iterable<readonly [HostView, number]> {
  const [afterHost = '', afterUid = '', afterIncarnation = ''] = pageToken?.split('|') ?? [];
  if (pageToken !== undefined && pageToken.split('|').length !== 3)
    throw new Refused(
      'invalid',
      'page_token: is of no reply of this call; want the one of the page before, or none',
    );
  const hosts = [...views.values()]
    .filter(
      (v) =>
        (host === undefined || v.id === host) && (cell === undefined || v.cell === cell) && v.id >= afterHost,
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const view of hosts)
    for (let row = 0; row < (view.inventory?.count ?? 0); row++) {
      const uid = view.inventory?.uid[row] ?? '';
      const incarnation = view.inventory?.incarnation[row] ?? '';
      const isBehind =
        view.id !== afterHost || uid > afterUid || (uid === afterUid && incarnation > afterIncarnation);
      if (isBehind) yield [view, row];
    }
}

function servoRow(
  view: HostView,
  row: number,
  deps: AdminDeps,
  scene: Scene,
  wanted: Wanted,
): ServoRow | undefined {
  const { inventory } = view;
  const uid = inventory?.uid[row];
  const incarnation = inventory?.incarnation[row];
  if (inventory === undefined || uid === undefined || incarnation === undefined)
    throw new Error(`${view.id} has no row ${row}`);
  if (wanted.uid !== undefined && uid !== wanted.uid) return undefined;
  const judgement = judgementOf(scene.report, view.id, uid, incarnation);
  const released = judgement?.evidence.release?.project;
  const project = inventory.project[row];
  if (wanted.project !== undefined && project !== wanted.project && released !== wanted.project)
    return undefined;
  const verdict = judgement?.verdict ?? verdictOf(view, row, deps, scene);
  if (wanted.verdict !== undefined && verdict !== wanted.verdict) return undefined;
  const { id: host, cell, generation } = view;
  const placed = { uid, projects: [project, released], host, cell, generation };
  return {
    uid,
    incarnation,
    host,
    cell,
    generation,
    project,
    verdict,
    state: servoStates[inventory.state[row] ?? 0] ?? 'running',
    activity: activities[inventory.activity[row] ?? 0] ?? 'unknown',
    contradiction: contradictions[inventory.contradiction[row] ?? 0] ?? 'none',
    refusedBy: judgement === undefined ? [] : refusedBy(judgement, scene),
    held: scene.operator.holds.some((h) => scopeCovers(h.scope, placed)),
    caseState: scene.operator.cases.find((c) => c.uid === uid && c.incarnation === incarnation)?.state,
  };
}

/** A servo without judgement is live if it is claimed, and else was not there yet in the last pass. */
function verdictOf(view: HostView, row: number, deps: AdminDeps, { report }: Scene): Verdict | undefined {
  if (report === undefined) return undefined;
  if (deps.isKnownLive(view, row)) return 'live';
  const uid = view.inventory?.uid[row];
  const copies = uid === undefined ? [] : deps.evidenceOf(view.id, uid);
  const own = copies.find((e) => e.row === row);
  return own?.voices.some((v) => v.says === 'claims') === true ? 'live' : undefined;
}

function refusedBy({ row, evidence }: Judgement, { report }: Scene): readonly string[] {
  const evidenceRefuses =
    row === undefined ? [] : evidenceGates.filter((gate) => row[gate].outcome === 'refuse');
  const cell = report?.cells.find((c) => c.cell === evidence.host.view.cell);
  return [...evidenceRefuses, ...(cell?.plan.blocked.find((b) => b.evidence === evidence)?.by ?? [])];
}
