// What a good operator does who looks at `servoctl status`: whatever waits for a person and is right gets its yes. What is not
// right stays shut.
import type { AdminCalls } from '@servo-auditor/proto/admin.ts';
import type { World } from '../world/world.ts';
import { operator, type Operators } from './operators.ts';

const reason = 'looked at it';

/** What is looked after: everything, unless some of it is left. */
export interface Duties {
  readonly breakers: boolean;
  readonly witnesses: boolean;
  readonly hosts: boolean;
  readonly plans: boolean;
  /** Protection that nobody needs any more, and modes that were taken down. */
  readonly rest: boolean;
}

export const everything: Duties = { breakers: true, witnesses: true, hosts: true, plans: true, rest: true };

export function lookAfter(operators: Operators, duties: Duties): void {
  const { world } = operators;
  if (duties.breakers) operators.call(async (admin) => await closeBreakers(operators, admin));
  if (duties.witnesses) operators.call(async (admin) => await acceptWitnesses(world, admin));
  if (duties.hosts) {
    operators.call(async (admin) => await acceptHosts(world, admin));
    repairJournals(world);
    acceptInstallations(world);
  }
  if (duties.plans) operators.call(async (admin) => await approve(operators, admin));
  if (duties.rest) operators.call(async (admin) => await liftAll(world, admin));
}

/** Only for a list of which every member is an orphan. */
export async function closeBreakers(operators: Operators, admin: AdminCalls): Promise<void> {
  const { breakers } = await admin.ListBreakers({}, operator);
  for (const { cohort, hash, members } of breakers)
    if (members.every(({ host, incarnation }) => operators.isOrphan(host, incarnation)))
      await admin.CloseBreaker({ cohort, hash, reason }, operator);
}

/** A snapshot that waits is right when its source is well. */
export async function acceptWitnesses(world: World, admin: AdminCalls): Promise<void> {
  const { witnesses } = await admin.ListWitnesses({}, operator);
  for (const { witness, waiting } of witnesses) {
    const ill = world.ailments.get(witness);
    const isWell =
      ill !== undefined && !ill.empty && ill.share === 1 && ill.stale === 0 && ill.restored === undefined;
    if (waiting !== undefined && isWell)
      await admin.AcceptWitness({ witness, hash: waiting.hash, reason }, operator);
  }
}

async function acceptHosts(world: World, admin: AdminCalls): Promise<void> {
  const { hosts } = await admin.ListHosts(
    { host: undefined, cell: undefined, all: true, pageSize: 1000, pageToken: undefined },
    operator,
  );
  for (const { id, contested, retired, cell } of hosts) {
    if (!world.hosts.has(id) && !retired) await admin.RetireHost({ host: id, reason }, operator);
    else if (world.hosts.has(id) && retired) await admin.EnrolHost({ host: id, cell, reason }, operator);
    else if (contested !== undefined) await admin.AcceptHost({ host: id, reason }, operator);
  }
}

/** A journal that cannot be made durable is read anew by a new agent. */
export function repairJournals(world: World): void {
  for (const host of world.hosts.values()) {
    const run = world.agents.get(host.id);
    if (run === undefined || run.journal.damage === undefined || !host.up || host.disk.fault.full) continue;
    world.killAgent(host);
    world.startAgent(host);
    world.teller.tell({ kind: 'operator.acted', act: 'journal.repaired', about: host.id });
  }
}

/** Only one installation is in this world: whoever leads it is right. */
function acceptInstallations(world: World): void {
  for (const run of world.agents.values()) {
    const { offer } = run;
    if (
      offer !== undefined &&
      run.proc.alive &&
      run.journal.damage === undefined &&
      offer.epoch === world.leader?.epoch
    )
      run.proc.within(() => run.acceptInstallation());
  }
}

/** A plan is approved only when each of its members is an orphan. */
export async function approve(operators: Operators, admin: AdminCalls): Promise<void> {
  for (const cell of operators.world.shape.cells) {
    const { plans } = await admin.ListPlans({ cell, all: undefined }, operator);
    for (const { hash, proposals } of plans)
      if (
        hash !== undefined &&
        proposals.every(({ host, incarnation }) => operators.isOrphan(host, incarnation))
      )
        await admin.ApprovePlan({ cell, hash, reason }, operator);
  }
}

async function liftAll(world: World, admin: AdminCalls): Promise<void> {
  const { holds, freeze } = await admin.ListHolds({}, operator);
  if (freeze !== undefined) await admin.Unfreeze({ reason }, operator);
  for (const { id } of holds) await admin.ReleaseHold({ id, reason }, operator);
  const { modes } = await admin.ListModes({}, operator);
  for (const { cell, generation, mode, certified } of modes)
    if (mode !== 'enforce' && certified === 'enforce')
      await admin.SetMode({ cell, generation, mode: 'enforce', reason }, operator);
  for (const host of world.hosts.values()) for (const scope of host.held) host.unhold(scope);
}
