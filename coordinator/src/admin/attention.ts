// Whatever waits for a person, most urgent first: what may be wrong, then what is shut, then what is asked for.
import type { Attention } from '@servo-auditor/proto/admin.ts';
import { openProblems } from '../domain/host.ts';
import type { Match } from '../domain/evidence.ts';
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { AdminDeps } from './deps.ts';
import { reasonWanted, wholeMs } from './rows.ts';
import { isFresh, type Scene } from './scene.ts';
import { duration } from '../domain/answer.ts';

/** Of each kind so many are listed; the lists of hosts and witnesses have them all. */
const maxOfAKind = 20;

export function attentionOf(deps: AdminDeps, scene: Scene): readonly Attention[] {
  return [
    voidPlans(scene),
    contestedHosts(deps),
    misreadHosts(scene),
    openBreakers(scene),
    frozen(scene),
    failingWitnesses(deps),
    incompleteHosts(deps),
    silentHosts(deps, scene),
    unfinishedOrders(deps, scene),
    plansToApprove(scene),
    orphansToConfirm(deps, scene),
  ].flatMap((some) => some.slice(0, maxOfAKind));
}

function voidPlans({ report }: Scene): readonly Attention[] {
  return (report?.cells ?? [])
    .filter((c) => c.findings.length > 0)
    .map((c) => ({
      code: 'plan-void',
      message: `the whole plan of ${c.cell} is void: the second reading contradicts it in ${c.findings.length} place(s), first: ${c.findings[0]?.message ?? ''}`,
      next: {
        command: `servoctl plans show ${c.cell}`,
        why: 'what was planned; then report it: this is a fault of the auditor',
      },
    }));
}

function contestedHosts({ views }: AdminDeps): readonly Attention[] {
  return [...views.values()]
    .filter((v) => v.contested !== undefined)
    .map((v) => ({
      code: 'host-contested',
      message: `${v.id} gets no orders: ${v.contested ?? ''}`,
      next: {
        command: `servoctl hosts show ${v.id}`,
        why: 'find out which is the true host, then accept it',
      },
    }));
}

/** A host on which many expected servos are missing, and others stand that nobody knows, is read wrongly. */
function misreadHosts({ report }: Scene): readonly Attention[] {
  const strays = new Map<HostId, { match: Match; strays: number }>();
  for (const { evidence, verdict } of report?.judgements ?? []) {
    const { match, view } = evidence.host;
    if (verdict !== 'stray' || match.missing.length === 0) continue;
    strays.set(view.id, { match, strays: (strays.get(view.id)?.strays ?? 0) + 1 });
  }
  return [...strays].map(([host, { match, strays }]) => ({
    code: 'host-misread',
    message: `${host} may be misread: ${match.expected - match.found} of ${match.expected} expected servos are missing there, beside ${strays} stray(s); no stray is ever stopped automatically`,
    next: {
      command: `servoctl servos list --host ${host}`,
      why: 'compare the uids with the registry, and mend the field mapping',
    },
  }));
}

function openBreakers({ operator }: Scene): readonly Attention[] {
  return operator.breakers.map(({ cohort, message }) => ({
    code: 'breaker-open',
    message: `breaker ${cohort} is open: ${message}`,
    next: { command: `servoctl breakers show ${cohort}`, why: 'see the list, and close it if it is true' },
  }));
}

function frozen({ operator: { freeze } }: Scene): readonly Attention[] {
  if (freeze === undefined) return [];
  return [
    {
      code: 'frozen',
      message: `everything is frozen by ${freeze.by}: ${freeze.reason}`,
      next: { command: `servoctl unfreeze ${reasonWanted}`, why: 'if it is no longer wanted' },
    },
  ];
}

function failingWitnesses(deps: AdminDeps): readonly Attention[] {
  return deps.witnesses().flatMap(({ id, waiting, failure }): readonly Attention[] => {
    const next = {
      command: 'servoctl witnesses list',
      why: 'while one witness is not fresh, nothing is stopped',
    };
    if (waiting !== undefined)
      return [{ code: 'witness-waiting', message: `a snapshot of ${id} waits: ${waiting.message}`, next }];
    return failure === undefined
      ? []
      : [{ code: 'witness-failed', message: `${id} cannot be read: ${failure}`, next }];
  });
}

function incompleteHosts({ views }: AdminDeps): readonly Attention[] {
  return [...views.values()].flatMap((view): readonly Attention[] => {
    const [first, ...more] = openProblems(view);
    if (first === undefined) return [];
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    return [
      {
        code: 'host-incomplete',
        message: `${view.id} cannot be read whole: ${first.path}: ${first.message}${others}`,
        next: {
          command: `servoctl hosts show ${view.id}`,
          why: 'mend it, or acknowledge what is known and harmless',
        },
      },
    ];
  });
}

function silentHosts(deps: AdminDeps, { now, operator }: Scene): readonly Attention[] {
  const silent = operator.hosts.filter(
    (h) =>
      !h.retired &&
      deps.cells.includes(h.cell) &&
      !isFresh(deps.views.get(h.host), now, deps) &&
      deps.views.get(h.host)?.contested === undefined,
  );
  const [first] = silent;
  if (first === undefined) return [];
  return [
    {
      code: 'host-silent',
      message: `${silent.length} enrolled host(s) do not answer: ${silent
        .slice(0, 5)
        .map((h) => h.host)
        .join(', ')}${silent.length > 5 ? ', ...' : ''}`,
      next: {
        command: `servoctl hosts list --cell ${first.cell}`,
        why: 'mend them; dead ones are taken out with: servoctl hosts retire <host>',
      },
    },
  ];
}

/** The yes was given and no receipt came, for longer than any order lives. */
function unfinishedOrders(deps: AdminDeps, { now, operator }: Scene): readonly Attention[] {
  const limitMs = deps.policy.orderLivesMs * (deps.demo ?? 1);
  return operator.openOrders
    .filter((o) => o.state !== 'closed' && now.waitMs - o.madeMs > limitMs)
    .map((o) => ({
      code: 'order-unfinished',
      message: `order ${o.id} to ${o.action} ${o.uid} on ${o.host} has no receipt after ${duration(wholeMs(now.waitMs - o.madeMs))} (${o.state})`,
      next: { command: `servoctl hosts show ${o.host}`, why: 'it is closed as soon as its host answers' },
    }));
}

function plansToApprove({ report }: Scene): readonly Attention[] {
  return (report?.cells ?? [])
    .filter((c) => c.proposed.proposals.length > 0)
    .map((c) => ({
      code: 'plan-waits',
      message: `${c.proposed.proposals.length} orphan(s) of ${c.cell} wait for an approval`,
      next: { command: `servoctl plans show ${c.cell}`, why: 'see the list, then approve or reject it' },
    }));
}

function orphansToConfirm(deps: AdminDeps, { operator, report }: Scene): readonly Attention[] {
  return operator.tracks.flatMap((track): readonly Attention[] => {
    if (track.confirmedOrphan !== undefined || track.mappingHash !== deps.mappingHash()) return [];
    const orphan = report?.judgements.find(
      ({ verdict, evidence: { host } }) =>
        verdict === 'orphan' &&
        host.view.cell === track.cell &&
        host.view.generation === track.generation &&
        host.view.readerVersion === track.readerVersion,
    );
    if (orphan === undefined) return [];
    return [
      {
        code: 'orphan-unconfirmed',
        message: `${track.generation} in ${track.cell} has an orphan, and nobody has confirmed one yet: certification needs it`,
        next: { command: `servoctl explain ${orphan.evidence.uid}`, why: 'look at it, then confirm it' },
      },
    ];
  });
}
