// What operators do out of their own mind: protect, take back, approve late, bring back, send hosts away.
import { minute } from '../world/shape.ts';
import { approve as approveAll } from '../operators/diligent.ts';
import { operator } from '../operators/operators.ts';
import { later, type Action } from './act.ts';

const reason = 'it seemed right';

export const hold: Action = ({ world, operators, rng }) => {
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.running.length > 0));
  if (host === undefined) return;
  const servo = rng.pick(host.running);
  const { cell, generation, id } = host;
  const scope = rng.pick([
    { kind: 'uid', value: host.shown(servo) },
    { kind: 'uid', value: host.shown(servo) },
    { kind: 'project', value: servo.project },
    { kind: 'host', value: id },
    { kind: 'generation', value: { cell, generation } },
    { kind: 'cell', value: cell },
  ] as const);
  const lastsMs = rng.chance(0.7) ? rng.int(5, 60) * minute : undefined;
  operators.call(async (admin) => await admin.SetHold({ scope, lastsMs, reason }, operator));
};

export const freeze: Action = (scene) => {
  const { operators } = scene;
  operators.call(async (admin) => await admin.Freeze({ reason }, operator));
  later(scene, 60 * minute, () =>
    operators.call(async (admin) => await admin.Unfreeze({ reason }, operator)),
  );
};

export const demote: Action = ({ world, operators, rng }) => {
  const { cell, generation } = rng.pick([...world.hosts.values()]);
  const mode = rng.pick(['observe', 'propose'] as const);
  operators.call(async (admin) => await admin.SetMode({ cell, generation, mode, reason }, operator));
};

/** A list is looked at now, and approved some time later, whatever happened meanwhile. */
export const approve: Action = (scene) => {
  const { operators, rng } = scene;
  if (rng.chance(0.5)) return operators.call(async (admin) => await approveAll(operators, admin));
  const { cell } = rng.pick([...scene.world.hosts.values()]);
  operators.call(async (admin) => {
    const { plans } = await admin.ListPlans({ cell, all: undefined }, operator);
    const [plan] = plans;
    const hash = plan?.hash;
    if (hash === undefined || !plan?.proposals.every((p) => operators.isOrphan(p.host, p.incarnation)))
      return;
    later(scene, 20 * minute, () =>
      operators.call(async (again) => await again.ApprovePlan({ cell, hash, reason }, operator)),
    );
  });
};

export const reject: Action = ({ world, operators, rng }) => {
  const { cell } = rng.pick([...world.hosts.values()]);
  operators.call(async (admin) => {
    const { plans } = await admin.ListPlans({ cell, all: undefined }, operator);
    const hash = plans[0]?.hash;
    if (hash !== undefined) await admin.RejectPlan({ cell, hash, reason, holdMs: 30 * minute }, operator);
  });
};

/** `servoctl restore`, of one servo in quarantine. */
export const restore: Action = ({ operators, rng }) => {
  const draw = rng.share();
  operators.call(async (admin) => {
    const { servos } = await admin.ListQuarantine(
      { host: undefined, project: undefined, cell: undefined, all: true, limit: 100 },
      operator,
    );
    const one = servos[Math.floor(draw * servos.length)]?.case;
    if (one !== undefined) await admin.RestoreServo({ uid: one.uid, host: one.host, reason }, operator);
  });
};

/** A host is taken out, and in again later. */
export const retire: Action = (scene) => {
  const { world, operators, rng } = scene;
  const { id, cell } = rng.pick([...world.hosts.values()]);
  operators.call(async (admin) => await admin.RetireHost({ host: id, reason }, operator));
  later(scene, 60 * minute, () =>
    operators.call(async (admin) => await admin.EnrolHost({ host: id, cell, reason }, operator)),
  );
};

/** The authority's query is written otherwise, which counts from the coordinator's next start on. */
export const editQuery: Action = ({ world }) => {
  world.edition++;
  const { leader } = world;
  if (leader !== undefined) world.killLeader(leader);
  world.nextLeader(world.rng('editors'));
};
