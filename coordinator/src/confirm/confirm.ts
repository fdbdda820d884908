// The last question before a stop. Whatever is not plainly right, and whatever fails, is a No; the one Yes is given in a
// fenced transaction that charges every budget, and is signed over the agent's own nonce.
import { yesBytes } from '@servo-auditor/proto/canonical.ts';
import type { HostId } from '@servo-auditor/proto/ids.ts';
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import type { ConfirmReply, ConfirmRequest } from '@servo-auditor/proto/wire.ts';
import type { Coordinator } from '../coordinator.ts';
import { budgetCohorts, budgetLimit } from '../decide/cohorts.ts';
import type { OpenOrder } from '../domain/order.ts';
import { checkControls } from './controls.ts';
import { askWitnesses } from './witnesses.ts';
import { No } from './no.ts';

/** The answer to one question. Never rejects. */
export async function confirm(
  question: ConfirmRequest,
  host: HostId,
  coordinator: Coordinator,
): Promise<ConfirmReply> {
  const { log } = coordinator;
  try {
    const yes = await sayYes(question, host, coordinator);
    log.info({ event: 'confirm.given', order: question.orderId, host });
    return { kind: 'yes', yes };
  } catch (error) {
    const { code, message } =
      error instanceof No ? error : new No('failed', error instanceof Error ? error.message : String(error));
    log.warn({ event: 'confirm.refused', order: question.orderId, host, code, message });
    return { kind: 'no', no: { code, message: message.slice(0, 500) } };
  }
}

async function sayYes(question: ConfirmRequest, host: HostId, coordinator: Coordinator) {
  const { store, epoch, sign, voided } = coordinator;
  const order = await store.findOrder(question.orderId);
  if (order === undefined) throw new No('unknown-order', `there is no order ${question.orderId}`);
  checkOrder(order, question, host, coordinator);
  try {
    await weigh(order, coordinator);
  } catch (error) {
    voided.add(order.id);
    throw error;
  }
  const { orderId, bootId, nonce } = question;
  const said = { orderId, epoch, bootId, nonce };
  return { ...said, signature: sign(yesBytes(said)) };
}

/** Throws, unless all is right and the yes is given. */
async function weigh(order: OpenOrder, coordinator: Coordinator): Promise<void> {
  const { store, fence, voided } = coordinator;
  checkHost(order, coordinator);
  await checkHolds(order, coordinator);
  await Promise.all([askWitnesses(order, coordinator), checkControls(order, coordinator)]);
  // A second question gets no yes, whatever has changed since, and also where both are weighed at once: what fails for one holds
  // for both.
  if (voided.has(order.id))
    throw new No(
      'already-asked',
      `order ${order.id} is void: it was asked about before, and the answer was no`,
    );
  const answer = await store.giveYes(fence(), order.id, yesLimits(order, coordinator));
  if (!answer.given) throw new No(answer.code, answer.message);
}

function checkOrder(order: OpenOrder, question: ConfirmRequest, host: HostId, { epoch }: Coordinator): void {
  if (order.host !== host)
    throw new No('other-host', `order ${order.id} is for ${order.host}, ${host} asked`);
  if (order.action !== 'stop')
    throw new No('no-question', `order ${order.id} is a ${order.action}, which needs no yes`);
  if (order.epoch !== epoch || question.epoch !== epoch)
    throw new No(
      'epoch',
      `order ${order.id} is of epoch ${order.epoch}, asked under ${question.epoch}; this leadership is ${epoch}`,
    );
  if (order.bootId !== question.bootId)
    throw new No('boot', `order ${order.id} was made for another boot of ${host}`);
  if (order.state !== 'open') throw new No('already-asked', `order ${order.id} is ${order.state}`);
}

/** The host is still what it was when the order was made: fresh, uncontested, with this very servo running. */
function checkHost(order: OpenOrder, { fleet, clock, policy }: Coordinator): void {
  const view = fleet.views.get(order.host);
  const { inventory, heartbeat } = view ?? {};
  if (view === undefined || inventory === undefined || heartbeat === undefined)
    throw new No('host', `${order.host} has no inventory here`);
  if (view.contested !== undefined) throw new No('host', `${order.host} is contested: ${view.contested}`);
  if (view.bootId !== order.bootId) throw new No('boot', `${order.host} was booted since the order was made`);
  const ageMs = stalenessMs(heartbeat.askedAt, clock.now());
  const limitMs = policy.hostFreshIntervals * policy.heartbeatIntervalMs;
  if (ageMs > limitMs)
    throw new No('host', `${order.host} last answered ${Math.round(ageMs)} ms ago, more than ${limitMs} ms`);
  const row = inventory.uid.indexOf(order.uid);
  if (row < 0 || inventory.incarnation[row] !== order.incarnation)
    throw new No('servo', `${order.uid} in incarnation ${order.incarnation} is no longer on ${order.host}`);
  if (inventory.contradiction[row] !== 0)
    throw new No('servo', `store and runtime of ${order.host} disagree about ${order.uid}`);
}

/**
 * The transaction of the yes looks at holds again, but knows only one project of the servo: the authority's. A hold on the
 * one that the host notes counts too.
 */
async function checkHolds(order: OpenOrder, { fleet, store, fence, clock }: Coordinator): Promise<void> {
  const inventory = fleet.views.get(order.host)?.inventory;
  const noted = inventory?.project[inventory.uid.indexOf(order.uid)];
  const { holds } = await store.readOperatorState(fence());
  const held = holds.find(
    ({ scope, untilMs }) =>
      scope.kind === 'project' && scope.project === noted && (untilMs ?? Infinity) > clock.now().waitMs,
  );
  if (held !== undefined)
    throw new No('hold', `hold ${held.id} on project ${noted} by ${held.by}: ${held.reason}`);
}

function yesLimits(order: OpenOrder, { fleet, clock, policy }: Coordinator) {
  const population = fleet.population();
  return {
    sinceMs: clock.now().waitMs - policy.budgetWindowMs,
    perCohort: new Map(
      budgetCohorts(order).map((name) => [name, budgetLimit(name, population.get(name) ?? 0, policy)]),
    ),
  };
}
