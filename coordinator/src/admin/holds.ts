// Protection: holds for a scope, the freeze for everything. Setting it needs one person; it counts from the moment it is durable.
import { Refused, type AdminCalls, type RequestOf } from '@servo-auditor/proto/admin.ts';
import type { HoldScope } from '../domain/operator.ts';
import type { Inventory } from '../domain/servo.ts';
import { acted } from './act.ts';
import type { AdminDeps } from './deps.ts';
import { endOf, freezeNote, holdRow, reasonWanted } from './rows.ts';
import { knownCell, knownGeneration, knownHost, look, type Scene } from './scene.ts';

type Calls = Pick<AdminCalls, 'ListHolds' | 'SetHold' | 'ReleaseHold' | 'Freeze' | 'Unfreeze'>;

export function holdCalls(deps: AdminDeps): Calls {
  return {
    async ListHolds() {
      const { now, operator } = await look(deps);
      return { holds: operator.holds.map((h) => holdRow(h, now)), freeze: freezeNote(operator.freeze) };
    },

    async SetHold({ scope: wire, lastsMs, reason }, by) {
      const scene = await look(deps);
      const scope = scopeOf(wire);
      await known(scope, deps, scene);
      const untilMs = lastsMs === undefined ? undefined : scene.now.waitMs + lastsMs;
      const message = `held ${endOf(untilMs, scene.now)}: ${nameOf(scope)}`;
      return await acted(deps, by, reason, { kind: 'hold.set', scope, untilMs }, message, [
        { command: 'servoctl holds list', why: 'its number, by which it is released' },
      ]);
    },

    async ReleaseHold({ id, reason }, by) {
      const { operator } = await look(deps);
      const hold = operator.holds.find((h) => h.id === id);
      if (hold === undefined)
        throw new Refused('not-found', `there is no hold ${id}; see: servoctl holds list`);
      const message = `hold ${id} on ${nameOf(hold.scope)} is released`;
      return await acted(deps, by, reason, { kind: 'hold.released', id }, message);
    },

    async Freeze({ reason }, by) {
      const { operator } = await look(deps);
      if (operator.freeze !== undefined)
        throw new Refused(
          'unfit',
          `everything is frozen already, by ${operator.freeze.by}: ${operator.freeze.reason}`,
        );
      return await acted(
        deps,
        by,
        reason,
        { kind: 'freeze.set' },
        'everything is frozen: nothing is stopped anywhere',
        [{ command: `servoctl unfreeze ${reasonWanted}`, why: 'when it is over' }],
      );
    },

    async Unfreeze({ reason }, by) {
      const { operator } = await look(deps);
      if (operator.freeze === undefined) throw new Refused('unfit', 'nothing is frozen');
      return await acted(deps, by, reason, { kind: 'freeze.lifted' }, 'the freeze is lifted');
    },
  };
}

function scopeOf(scope: RequestOf<'SetHold'>['scope']): HoldScope {
  switch (scope.kind) {
    case 'uid':
      return { kind: 'servo', uid: scope.value };
    case 'project':
      return { kind: 'project', project: scope.value };
    case 'host':
      return { kind: 'host', host: scope.value };
    case 'generation':
      return { kind: 'generation', ...scope.value };
    case 'cell':
      return { kind: 'cell', cell: scope.value };
  }
}

function nameOf(scope: HoldScope): string {
  switch (scope.kind) {
    case 'servo':
      return `servo ${scope.uid}`;
    case 'project':
      return `project ${scope.project}`;
    case 'host':
      return `host ${scope.host}`;
    case 'generation':
      return `generation ${scope.generation} in ${scope.cell}`;
    case 'cell':
      return `cell ${scope.cell}`;
  }
}

/** Throws `Refused` for what is nowhere: a hold with a slip of the pen would protect nothing, and look as if it did. */
async function known(scope: HoldScope, deps: AdminDeps, scene: Scene): Promise<void> {
  switch (scope.kind) {
    case 'host':
      knownHost(scope.host, scene);
      return;
    case 'cell':
      knownCell(scope.cell, deps, scene);
      return;
    case 'generation':
      knownCell(scope.cell, deps, scene);
      knownGeneration(scope.cell, scope.generation, scene);
      return;
    case 'servo': {
      const { uid } = scope;
      const isKnown =
        reportedSomewhere((inventory) => inventory.uid.includes(uid), deps, scene) ||
        (await deps.store.findCases({ uid, limit: 1 })).length > 0;
      if (!isKnown) throw nowhere(`servo ${uid}`);
      return;
    }
    case 'project': {
      const { project } = scope;
      const isKnown =
        reportedSomewhere((inventory) => inventory.project.includes(project), deps, scene) ||
        scene.report?.judgements.some((j) => j.evidence.release?.project === project) === true ||
        (await deps.store.findCases({ project, limit: 1 })).length > 0;
      if (!isKnown) throw nowhere(`servo of the project ${project}`);
    }
  }
}

function nowhere(what: string): Refused {
  return new Refused(
    'not-found',
    `no host reports a ${what}, and no case of one is kept: nothing would be protected`,
  );
}

/** While a host has not reported, nobody can say that it does not have it: then it is taken as known. */
function reportedSomewhere(
  has: (inventory: Inventory) => boolean,
  { views }: AdminDeps,
  { operator }: Scene,
): boolean {
  const inventories = operator.hosts.filter((h) => !h.retired).map((h) => views.get(h.host)?.inventory);
  return inventories.some((inventory) => inventory === undefined || has(inventory));
}
