// An order at its last question: a host that is fresh and runs the servo, three that everybody claims, and nobody who claims
// this one. Unless a test changes something, the answer is yes.
import { identityDigest, inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId, type HostId } from '@servo-auditor/proto/ids.ts';
import type { ConfirmReply, ConfirmRequest, Servo } from '@servo-auditor/proto/wire.ts';
import { confirm } from '../../../coordinator/src/confirm/confirm.ts';
import type { OpenOrder } from '../../../coordinator/src/domain/order.ts';
import type { Act, DecisionMark, Fence } from '../../../coordinator/src/state/port.ts';
import { registryQueries } from '../../../scripts/demo/registry.ts';
import {
  aTrack,
  anOrder,
  bootId,
  cell,
  generation,
  h1,
  h2,
  operator,
  project,
  readerVersion,
} from '../../support/build.ts';
import { aServo, type Row } from '../../support/fleet.ts';
import { aLead, type Lead, type LeadSetting, type Tidy } from '../../support/lead.ts';
import { aNonce, mark } from '../../support/raw-agent.ts';
import { aPlan } from '../../support/store.ts';

export const condemned = parseId('servo uid', 'o1');
export const lives = ['s1', 's2', 's3'];

/** The registry's own look-up, but that it fails for the uids in the table `fault`. */
export const faultyLookup = registryQueries.lookup
  .replace(
    'r.version,',
    'CASE WHEN asked.uid IN (SELECT uid FROM fault) THEN abs(-9223372036854775807 - 1) ELSE r.version END AS version,',
  )
  .replace(
    'FROM registry r LEFT JOIN claim c ON c.uid = ?',
    'FROM registry r JOIN (SELECT ? AS uid) asked LEFT JOIN claim c ON c.uid = asked.uid',
  );

export class Scene {
  readonly lead: Lead;
  readonly nonce = aNonce();
  order: OpenOrder = anOrder();

  constructor(lead: Lead) {
    this.lead = lead;
  }

  get coordinator() {
    return this.lead.coordinator;
  }

  fence(): Fence {
    return this.coordinator.fence();
  }

  async act(act: Act): Promise<DecisionMark> {
    return await this.coordinator.store.act(this.fence(), operator, 'because', act);
  }

  /** A host connects, or reports anew, with what it holds now. */
  report(host: HostId, rows: readonly (Row | string)[], boot = bootId, gen = generation): void {
    const { fleet, clock, epoch, nextHeartbeat } = this.coordinator;
    fleet.connect({ host, cell, generation: gen, readerVersion, bootId: boot, epoch }, clock.now());
    const servos: readonly Servo[] = rows.map((row) =>
      aServo(typeof row === 'string' ? { uid: row, project } : row),
    );
    const heartbeat = { number: nextHeartbeat(), askedAt: clock.now(), receivedAt: clock.now() };
    const taken = fleet.takeSnapshot(
      host,
      { digest: inventoryDigest(gen, servos), problems: [], servos, heartbeat },
      clock.now(),
    );
    if (!taken.ok) throw new Error(taken.message);
  }

  /** The order's intent becomes durable, and it is under way. */
  async open(more: Partial<OpenOrder> = {}): Promise<OpenOrder> {
    const servo = aServo({ uid: more.uid ?? condemned });
    const order = anOrder({
      uid: servo.uid,
      incarnation: servo.incarnation,
      identity: identityDigest(generation, servo),
      epoch: this.coordinator.epoch,
      bootId,
      ...more,
    });
    await this.coordinator.store.openPlan(this.fence(), aPlan([order]));
    this.coordinator.dispatch.send([order]);
    return order;
  }

  async ask(more: Partial<ConfirmRequest> = {}, from = h1): Promise<ConfirmReply> {
    const { id: orderId, epoch } = this.order;
    return await confirm({ orderId, epoch, bootId, nonce: this.nonce, ...more }, from, this.coordinator);
  }

  /** Time goes by; whoever is there has just reported again. */
  async later(ms: number, hosts: Readonly<Record<string, readonly (Row | string)[]>>): Promise<void> {
    this.lead.machine.move(ms);
    for (const [host, rows] of Object.entries(hosts)) this.report(parseId('host', host), rows);
  }

  async stops(): Promise<number> {
    return (await this.coordinator.store.readOperatorState(this.fence())).charges.length;
  }
}

export async function aScene(
  t: Tidy,
  setting: Partial<LeadSetting> = {},
  order: Partial<OpenOrder> = {},
): Promise<Scene> {
  const lead = await aLead(t, setting);
  const scene = new Scene(lead);
  lead.platform.sql('CREATE TABLE fault (uid TEXT PRIMARY KEY)');
  for (const uid of lives) lead.platform.claim(`p-${uid}`, uid, h1);
  for (const host of [h1, h2]) {
    await scene.act({ kind: 'host.enrolled', host, cell });
    lead.coordinator.hosts.set({
      host,
      cell,
      generation,
      readerVersion,
      inheritsFrom: undefined,
      retired: false,
      acknowledged: [],
      journal: mark(1),
      contested: undefined,
    });
  }
  scene.report(h1, [condemned, ...lives]);
  scene.report(h2, []);
  await lead.composed.loop.pass();
  await lead.coordinator.store.openPlan(scene.fence(), aPlan([], { tracks: [aTrack] }));
  await scene.act({ kind: 'mode.set', cell, generation, mode: 'enforce' });
  scene.order = await scene.open(order);
  return scene;
}
