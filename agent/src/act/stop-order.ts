// The life of one order to stop, from judgement to outcome.
//
//   judge -> keep the epoch -> scan and judge again -> ask -> judge the yes -> intent (durable) -> nothing may bring it back
//     -> age of the yes -> signal
//
// Killed before the intent, nothing was touched, and the order may come again. Killed after it, the order is never executed
// again: recover.ts finds out what became of it. The age of the yes is checked after the intent's disk write and in the same
// turn as the signal, so an agent that was paused anywhere before does not act on a stale yes.
import { yesBytes } from '@servo-auditor/proto/canonical.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import type { ConfirmReply, ConfirmRequest } from '@servo-auditor/proto/wire.ts';
import { refuse, type Refused } from '../judge/facts.ts';
import { judgeOrder } from '../judge/order.ts';
import { judgeStop } from '../judge/stop.ts';
import { judgeYes, judgeYesAge, maxYesAgeMs } from '../judge/yes.ts';
import type { StopResult, Target } from './actor.ts';
import { isFinished, refused, sentence, type Context, type Ended, type Received } from './context.ts';
import type { Intent, Result } from './entries.ts';
import type { Launch } from '../scan/scan.ts';
import { lookAt, standingOf } from './sight.ts';

/** Throws `NotDurable` when the intent cannot be written: then nothing was touched. */
export async function executeStop(received: Received, context: Context): Promise<Ended> {
  const { order } = received;
  const { clock, seen, limits, journal } = context;
  const early = judgeOrder(order, standingOf(received, context), clock.now());
  if (early !== undefined) return refused(early);
  seen.note(order.epoch, order.decision);
  seen.keep();
  const { sight, facts, target } = await lookAt(order.uid, context);
  const judged = judgeStop(order, standingOf(received, context), sight, limits, clock.now());
  if (isFinished(context, order.id)) return 'closed';
  if (judged.kind === 'refuse') return refused(judged);
  const launch = target?.launch ?? facts?.launch;
  if (facts === undefined || launch === undefined || target === undefined)
    throw new Error(`order ${order.id} passed without a target`);
  const answer = await confirm(received, context);
  if (isFinished(context, order.id)) return 'closed';
  if ('refused' in answer) return refused(answer.refused);
  const { uid, incarnation, runtimeId, project } = facts.servo;
  const intent: Intent = {
    order: order.id,
    local: false,
    action: 'stop',
    uid,
    incarnation,
    runtimeId,
    ...(project === undefined ? {} : { project }),
    launch,
    listens: target.listens,
  };
  journal.append({ kind: 'intent', intent }, clock.now().waitMs);
  const unsettled = await context.actor.settle(launch, 'kept');
  const result =
    unsettled === undefined
      ? await act(target, answer.askedAt, judged.notes, context)
      : refused({ code: 'not-settled', message: `nothing was stopped: ${unsettled}` });
  return result.outcome === 'executed' ? result : await giveBack(launch, result, context);
}

/**
 * What was not stopped keeps what brings it back. Where that cannot be given back now, the servo stays in the journal as
 * possibly stopped, and it is tried again.
 */
async function giveBack(launch: Launch, result: Result, { actor }: Context): Promise<Result> {
  const unsettled = await actor.settle(launch, 'running');
  if (unsettled === undefined) return result;
  const message = sentence(`${result.message}; and ${unsettled}, which is tried again`);
  return { outcome: 'unknown', code: result.code, message };
}

/** No await between the age of the yes and the signal. */
function act(
  target: Target,
  askedAt: Instant,
  notes: readonly string[],
  { clock }: Context,
): Promise<Result> {
  const late = judgeYesAge(askedAt, clock.now());
  if (late !== undefined) return Promise.resolve(refused(late));
  return target.stop().then((stopped) => resultOf(stopped, notes));
}

function resultOf(stopped: StopResult, notes: readonly string[]): Result {
  switch (stopped.kind) {
    case 'stopped':
      return {
        outcome: 'executed',
        code: 'done',
        message: sentence([stopped.message, ...notes].join('; ')),
      };
    case 'refused':
      return refused(stopped);
    case 'survived':
      return { outcome: 'unknown', code: 'survived', message: sentence(stopped.message) };
  }
}

/** The last question, and what its answer is worth. */
async function confirm(
  { order }: Received,
  context: Context,
): Promise<{ readonly askedAt: Instant } | { readonly refused: Refused }> {
  const { clock, newNonce, ask, verify, holds, seen } = context;
  const askedAt = clock.now();
  const { id: orderId, epoch } = order;
  const question: ConfirmRequest = { orderId, epoch, bootId: askedAt.bootId, nonce: newNonce() };
  let reply: ConfirmReply;
  try {
    reply = await ask(question, maxYesAgeMs);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { refused: refuse('confirm-failed', `the last question got no answer that counts: ${why}`) };
  }
  if (reply.kind === 'no')
    return {
      refused: refuse('confirm-no', `the coordinator said no (${reply.no.code}): ${reply.no.message}`),
    };
  const { yes } = reply;
  const look = {
    signed: verify(yesBytes(yes), yes.signature),
    hold: holds.of(order.uid),
    epoch: seen.epoch,
  };
  const refusal = judgeYes(question, askedAt, yes, look, clock.now());
  return refusal === undefined ? { askedAt } : { refused: refusal };
}
