// How far each generation may go, and how far it has earned to go. Down needs one person; up needs trust, and an approver.
import { mayActAs } from '@servo-auditor/proto/peer.ts';
import {
  Refused,
  type AdminCalls,
  type Certification,
  type ModeRow,
  type Next,
} from '@servo-auditor/proto/admin.ts';
import type { CellId, Generation } from '@servo-auditor/proto/ids.ts';
import { judgeWhole } from '../decide/verdict.ts';
import { modes, type Mode, type Track } from '../domain/operator.ts';
import { acted } from './act.ts';
import type { AdminDeps } from './deps.ts';
import { reasonWanted, wholeMs } from './rows.ts';
import { certifiedMode, knownCell, knownGeneration, knownHost, look, modeOf, type Scene } from './scene.ts';

type Calls = Pick<AdminCalls, 'ListModes' | 'SetMode' | 'ListCertifications' | 'ConfirmOrphan'>;

export function rolloutCalls(deps: AdminDeps): Calls {
  return {
    async ListModes() {
      const scene = await look(deps);
      return {
        modes: generationsOf(scene).map(([cell, generation]) => modeRow(cell, generation, deps, scene)),
      };
    },

    async SetMode({ cell, generation, mode, reason }, by) {
      const scene = await look(deps);
      knownCell(cell, deps, scene);
      knownGeneration(cell, generation, scene);
      const before = modeOf(scene, cell, generation);
      if (before === mode) throw new Refused('unfit', `${generation} in ${cell} is in mode ${mode} already`);
      if (modes.indexOf(mode) > modes.indexOf(before)) {
        if (!mayActAs(by.role, 'approver'))
          throw new Refused('role', `raising a mode needs the role approver; ${by.name} has ${by.role}`);
        const certified = certifiedMode(scene, deps, cell, generation);
        if (modes.indexOf(certified) < modes.indexOf(mode))
          throw new Refused(
            'unfit',
            `${generation} in ${cell} is certified for ${certified} only, not for ${mode}; see what is missing: servoctl certifications list`,
          );
      }
      const message = `${generation} in ${cell} is in mode ${mode} (before: ${before})`;
      return await acted(deps, by, reason, { kind: 'mode.set', cell, generation, mode }, message);
    },

    async ListCertifications() {
      const scene = await look(deps);
      return { certifications: scene.operator.tracks.map((track) => certification(track, deps, scene)) };
    },

    async ConfirmOrphan({ uid, incarnation, host, reason }, by) {
      const scene = await look(deps);
      knownHost(host, scene);
      const evidence = deps.evidenceOf(host, uid).find((e) => e.incarnation === incarnation);
      if (evidence === undefined)
        throw new Refused(
          'not-found',
          `${host} does not report ${uid} ${incarnation}; see: servoctl explain ${uid}`,
        );
      const { verdict } = judgeWhole(evidence, { now: scene.now, policy: deps.policy, epoch: deps.epoch });
      if (verdict !== 'orphan')
        throw new Refused(
          'unfit',
          `${uid} on ${host} is ${verdict}, not orphan; see: servoctl explain ${uid}`,
        );
      const { cell, generation, readerVersion } = evidence.host.view;
      const what = { kind: 'orphan.confirmed', cell, generation, readerVersion, uid, incarnation } as const;
      const message = `${uid} on ${host} is confirmed as a true orphan of ${generation} in ${cell}`;
      return await acted(deps, by, reason, what, message, [
        { command: 'servoctl certifications list', why: 'what else it needs' },
      ]);
    },
  };
}

type Place = readonly [CellId, Generation];

/** Every (cell, generation) that was ever heard of. */
function generationsOf({ operator }: Scene): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { cell, generation } of [...operator.hosts, ...operator.tracks])
    if (generation !== undefined) places.set(`${cell} ${generation}`, [cell, generation]);
  return [...places].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
}

function modeRow(cell: CellId, generation: Generation, deps: AdminDeps, scene: Scene): ModeRow {
  const mode = modeOf(scene, cell, generation);
  const certified = certifiedMode(scene, deps, cell, generation);
  const hosts = scene.operator.hosts.filter(
    (h) => h.cell === cell && h.generation === generation && !h.retired,
  );
  return {
    cell,
    generation,
    mode,
    certified,
    hosts: hosts.length,
    next: nextMode(cell, generation, mode, certified),
  };
}

function nextMode(cell: CellId, generation: Generation, mode: Mode, certified: Mode): Next | undefined {
  const higher = modes[modes.indexOf(mode) + 1];
  if (higher === undefined) return undefined;
  if (modes.indexOf(certified) < modes.indexOf(higher))
    return { command: 'servoctl certifications list', why: `what it needs to be certified for ${higher}` };
  return {
    command: `servoctl modes set ${cell} ${generation} ${higher} ${reasonWanted}`,
    why: 'it is certified for it',
  };
}

function certification(track: Track, deps: AdminDeps, scene: Scene): Certification {
  const { cell, generation, readerVersion, since, confirmedOrphan } = track;
  const isCurrent = track.mappingHash === deps.mappingHash();
  const hosts = scene.operator.hosts.filter(
    (h) => h.cell === cell && h.generation === generation && h.readerVersion === readerVersion && !h.retired,
  );
  return {
    cell,
    generation,
    readerVersion,
    confirmedOrphan,
    hosts: hosts.length,
    certified: isCurrent ? track.certified : 'observe',
    heldMs: since === undefined || !isCurrent ? undefined : wholeMs(scene.now.waitMs - since),
    proposeNeedsMs: deps.policy.certifyProposeMs,
    enforceNeedsMs: deps.policy.certifyEnforceMs,
    message: isCurrent
      ? track.message
      : 'a query or mapping of a witness was edited: earned anew with the next rounds',
    next: confirmedOrphan === undefined ? orphansToConfirm(track, scene) : [],
  };
}

function orphansToConfirm(track: Track, { report }: Scene): readonly Next[] {
  return (report?.judgements ?? [])
    .filter(
      ({ verdict, evidence: { host } }) =>
        verdict === 'orphan' &&
        host.view.cell === track.cell &&
        host.view.generation === track.generation &&
        host.view.readerVersion === track.readerVersion,
    )
    .slice(0, 3)
    .map(({ evidence: { uid, incarnation, host } }) => ({
      command: `servoctl certifications confirm ${uid} --incarnation ${incarnation} --host ${host.view.id} ${reasonWanted}`,
      why: `if servoctl explain ${uid} convinces you that it is a true orphan`,
    }));
}
