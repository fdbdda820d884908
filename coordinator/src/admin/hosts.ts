// Hosts: what is believed of each, and who belongs to a cell.
import {
  Refused,
  type AdminCalls,
  type HostRow,
  type InventoryNote,
  type Next,
} from '@servo-auditor/proto/admin.ts';
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import type { HostView } from '../domain/host.ts';
import { openProblems } from '../domain/host.ts';
import type { Match } from '../domain/evidence.ts';
import type { EnrolledHost } from '../domain/operator.ts';
import type { HostMemory } from '../state/port.ts';
import { acted } from './act.ts';
import type { AdminDeps } from './deps.ts';
import { matchRow, reasonWanted, wholeMs } from './rows.ts';
import { isFresh, knownCell, knownHost, look, type Scene } from './scene.ts';

type Calls = Pick<
  AdminCalls,
  'ListHosts' | 'EnrolHost' | 'RetireHost' | 'AcceptHost' | 'AcknowledgeItem' | 'AcknowledgeMissing'
>;

export function hostCalls(deps: AdminDeps): Calls {
  return {
    async ListHosts({ host, cell, pageSize, pageToken }) {
      const scene = await look(deps);
      if (host !== undefined) knownHost(host, scene);
      if (cell !== undefined) knownCell(cell, deps, scene);
      const rest = scene.operator.hosts
        .filter((h) => (host === undefined || h.host === host) && (cell === undefined || h.cell === cell))
        .filter((h) => pageToken === undefined || h.host > pageToken)
        .toSorted((a, b) => (a.host < b.host ? -1 : 1));
      const page = rest.slice(0, pageSize);
      return {
        hosts: page.map((h) => hostRow(h, deps, scene)),
        nextPageToken: rest.length > page.length ? page.at(-1)?.host : undefined,
      };
    },

    async EnrolHost({ host, cell, reason }, by) {
      if (!deps.cells.includes(cell))
        throw new Refused(
          'not-found',
          `there is no cell ${cell} here; this coordinator leads ${deps.cells.join(', ')}`,
        );
      const before = deps.host(host);
      if (before !== undefined && !before.retired)
        throw new Refused(
          'unfit',
          `${host} is a member of ${before.cell} already; to move it: servoctl hosts retire ${host}`,
        );
      const reply = await acted(
        deps,
        by,
        reason,
        { kind: 'host.enrolled', host, cell },
        `${host} is a member of ${cell}`,
      );
      deps.hostChanged(before === undefined ? newMember(host, cell) : { ...before, cell, retired: false });
      return reply;
    },

    async RetireHost({ host, reason }, by) {
      const scene = await look(deps);
      if (knownHost(host, scene).retired) throw new Refused('unfit', `${host} is retired already`);
      const message = `${host} is retired: it counts no more, and may not speak`;
      const reply = await acted(deps, by, reason, { kind: 'host.retired', host }, message);
      deps.hostRetired(host);
      return reply;
    },

    async AcceptHost({ host, reason }, by) {
      const scene = await look(deps);
      knownHost(host, scene);
      const before = deps.views.get(host)?.contested;
      if (before === undefined)
        throw new Refused(
          'unfit',
          `nothing is wrong with ${host}: there is nothing to accept; see: servoctl hosts show ${host}`,
        );
      const message = `${host} is accepted as it is now`;
      const reply = await acted(deps, by, reason, { kind: 'host.accepted', host, before }, message);
      deps.hostAccepted(host, before);
      return reply;
    },

    async AcknowledgeItem({ host, path, contentSha256, reason }, by) {
      const scene = await look(deps);
      knownHost(host, scene);
      const view = deps.views.get(host);
      const problems = view === undefined ? [] : openProblems(view);
      if (!problems.some((p) => p.path === path && p.contentSha256 === contentSha256))
        throw new Refused(
          'unfit',
          `${host} has no such broken item now: path and hash must be those of: servoctl hosts show ${host}`,
        );
      const reply = await acted(
        ...([deps, by, reason, { kind: 'item.acknowledged', host, path, contentSha256 }] as const),
        `${path} on ${host} counts as read, and as protected, while its bytes are these`,
      );
      const others = (deps.host(host)?.acknowledged ?? []).filter((a) => a.path !== path);
      deps.itemsAcknowledged(host, [...others, { path, contentSha256 }]);
      return reply;
    },

    async AcknowledgeMissing({ host, uid, reason }, by) {
      const scene = await look(deps);
      knownHost(host, scene);
      const inventory = deps.views.get(host)?.inventory;
      if (inventory === undefined)
        throw new Refused(
          'unfit',
          `${host} has sent no inventory under this leadership: nobody can say what it misses`,
        );
      if (inventory.uid.includes(uid))
        throw new Refused('unfit', `${uid} is not missing: ${host} reports it; see: servoctl explain ${uid}`);
      if (scene.operator.acknowledgedMissing.some((m) => m.host === host && m.uid === uid))
        throw new Refused('unfit', `${uid} on ${host} is acknowledged as missing already`);
      return await acted(
        ...([deps, by, reason, { kind: 'missing.acknowledged', host, uid }] as const),
        `${uid} is known to be gone from ${host}: it is no swap any more`,
      );
    },
  };
}

function newMember(host: HostMemory['host'], cell: HostMemory['cell']): HostMemory {
  return {
    host,
    cell,
    generation: undefined,
    readerVersion: undefined,
    inheritsFrom: undefined,
    retired: false,
    acknowledged: [],
    journal: undefined,
    contested: undefined,
  };
}

function hostRow(enrolled: EnrolledHost, deps: AdminDeps, scene: Scene): HostRow {
  const { host, cell, retired } = enrolled;
  const view = deps.views.get(host);
  const match = view === undefined ? undefined : matchOf(view, deps, scene);
  return {
    id: host,
    cell,
    retired,
    connected: deps.connected(host),
    fresh: isFresh(view, scene.now, deps),
    generation: view?.generation ?? enrolled.generation,
    readerVersion: view?.readerVersion ?? enrolled.readerVersion,
    inheritsFrom: view?.inheritsFrom ?? enrolled.inheritsFrom,
    heartbeatAgeMs:
      view?.heartbeat === undefined ? undefined : wholeMs(stalenessMs(view.heartbeat.askedAt, scene.now)),
    bootId: view?.bootId,
    inventory: view === undefined ? undefined : inventoryNote(view),
    contested: view?.contested,
    journal: deps.host(host)?.journal,
    match: match === undefined ? undefined : matchRow(match),
    acknowledgedMissing: scene.operator.acknowledgedMissing.filter((m) => m.host === host).map((m) => m.uid),
    next: retired ? [] : nextOf(host, view, match),
  };
}

/** Every servo of a host carries the same match; its first one will do. */
function matchOf(view: HostView, deps: AdminDeps, { report }: Scene): Match | undefined {
  const judged = report?.judgements.find((j) => j.evidence.host.view.id === view.id);
  if (judged !== undefined) return judged.evidence.host.match;
  const [first] = view.inventory?.uid ?? [];
  return first === undefined ? undefined : deps.evidenceOf(view.id, first)[0]?.host.match;
}

export function inventoryNote({
  inventory,
  digestMatches,
  acknowledged,
}: HostView): InventoryNote | undefined {
  if (inventory === undefined) return undefined;
  const { digest, count, problems } = inventory;
  return {
    digest,
    count,
    digestMatches,
    problems: problems.map(({ path, code, message, contentSha256 }) => ({
      path,
      code,
      message,
      contentSha256,
      acknowledged: acknowledged.some((a) => a.path === path && a.contentSha256 === contentSha256),
    })),
  };
}

function nextOf(
  host: EnrolledHost['host'],
  view: HostView | undefined,
  match: Match | undefined,
): readonly Next[] {
  const next: Next[] = [];
  if (view?.contested !== undefined)
    next.push({
      command: `servoctl hosts accept ${host} ${reasonWanted}`,
      why: 'once you know which is the true host',
    });
  for (const { path, contentSha256 } of view === undefined ? [] : openProblems(view).slice(0, 5))
    if (contentSha256 !== undefined)
      next.push({
        command: `servoctl hosts acknowledge ${host} --path '${path.replaceAll("'", `'\\''`)}' --sha256 ${contentSha256} ${reasonWanted}`,
        why: 'if it is known and harmless: it counts as read, and as protected',
      });
  for (const uid of (match?.missing ?? []).slice(0, 5))
    next.push({
      command: `servoctl hosts acknowledge ${host} --missing ${uid} ${reasonWanted}`,
      why: 'if it is truly gone',
    });
  if (view === undefined)
    next.push({
      command: `servoctl hosts retire ${host} ${reasonWanted}`,
      why: 'if the host is gone for good',
    });
  return next;
}
