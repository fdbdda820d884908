// Bringing a quarantined servo back: by order, or by an operator on this host, who needs no coordinator. What to start comes
// from the journal alone.
import { identityDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId, type Generation, type OrderId, type ServoUid } from '@servo-auditor/proto/ids.ts';
import { judgeOrder } from '../judge/order.ts';
import { judgeAddresses, judgeStart, type Kept } from '../judge/start.ts';
import type { ServoFacts } from '../scan/scan.ts';
import type { Actor, Conflict } from './actor.ts';
import { isFinished, refused, sentence, type Context, type Ended, type Received } from './context.ts';
import type { KeptServo, Result } from './entries.ts';
import { standingOf } from './sight.ts';

const noRuntimeId = parseId('runtime id', 'none');

/** Throws `NotDurable` when the intent cannot be written: then nothing was started. */
export async function executeStart(received: Received, context: Context): Promise<Ended> {
  const { order } = received;
  const { clock, seen, journal, scanner, actor } = context;
  const early = judgeOrder(order, standingOf(received, context), clock.now());
  if (early !== undefined) return refused(early);
  seen.note(order.epoch, order.decision);
  seen.keep();
  const inventory = await scanner.scan();
  const kept = journal.view.keptServo(order.uid);
  const running = runningOf(inventory.facts.get(order.uid));
  const conflicts = running === undefined ? await conflictsOf(kept, actor) : [];
  const judged = judgeStart(
    order,
    standingOf(received, context),
    keptOf(kept, inventory.generation),
    conflicts,
    clock.now(),
  );
  if (isFinished(context, order.id)) return 'closed';
  if (judged.kind === 'refuse') return refused(judged);
  if (kept === undefined) throw new Error(`order ${order.id} passed without a kept servo`);
  return await bringBack(kept, order.id, false, running, context);
}

/** By hand. The result says what happened; `not-quarantined` when there is nothing to bring back. */
export async function executeRestore(uid: ServoUid, id: OrderId, context: Context): Promise<Result> {
  const { journal, scanner, actor } = context;
  const inventory = await scanner.scan();
  const kept = journal.view.keptServo(uid);
  if (kept === undefined) return notQuarantined(uid);
  const running = runningOf(inventory.facts.get(uid));
  if (running === undefined) {
    const taken = judgeAddresses(await actor.conflicts(kept.intent));
    if (taken !== undefined) return refused(taken);
  }
  return await bringBack(kept, id, true, running, context);
}

export function notQuarantined(uid: ServoUid): Result {
  return refused({
    code: 'not-quarantined',
    message: `${uid} is not in quarantine on this host; see: servo-agent quarantine`,
  });
}

/** Where nothing is kept, nothing is started: that is judged, not this. */
async function conflictsOf(kept: KeptServo | undefined, actor: Actor): Promise<readonly Conflict[]> {
  return kept === undefined ? [] : await actor.conflicts(kept.intent);
}

/** Intent, start, result; where it runs already, only the journal learns of it. */
async function bringBack(
  kept: KeptServo,
  order: OrderId,
  local: boolean,
  running: ServoFacts | undefined,
  { journal, clock, actor }: Context,
): Promise<Result> {
  const intent = { ...kept.intent, order, local, action: 'start' } as const;
  journal.append({ kind: 'intent', intent }, clock.now().waitMs);
  if (running !== undefined) {
    const { incarnation } = running.servo;
    const unsettled = await actor.settle(intent.launch, 'running');
    return {
      outcome: 'executed',
      code: 'already-runs',
      message: sentence(
        [`it runs already, as ${incarnation}`, ...(unsettled === undefined ? [] : [unsettled])].join('; '),
      ),
      incarnation,
    };
  }
  const started = await actor.start(intent.launch);
  if (started.kind === 'failed') {
    // What does not run stays in quarantine, so nothing else may start it.
    await actor.settle(intent.launch, 'kept');
    return { outcome: 'refused', code: `start-${started.code}`, message: sentence(started.message) };
  }
  const { incarnation, message } = started;
  // An engine may have gone in between; a servo that lacks what it had stays in the journal, to be restored once more.
  const unsettled = await actor.settle(intent.launch, 'running');
  if (unsettled !== undefined)
    return {
      outcome: 'unknown',
      code: 'not-settled',
      message: sentence(`${message}; ${unsettled}; restore it again to give that back`),
      incarnation,
    };
  return { outcome: 'executed', code: 'done', message: sentence(message), incarnation };
}

function runningOf(rows: readonly ServoFacts[] | undefined): ServoFacts | undefined {
  return rows?.find((row) => row.object !== undefined);
}

function keptOf(kept: KeptServo | undefined, generation: Generation): Kept | undefined {
  if (kept === undefined) return undefined;
  const { uid, incarnation, runtimeId } = kept.intent;
  return {
    incarnation,
    identities: [runtimeId, noRuntimeId].map((id) =>
      identityDigest(generation, { uid, incarnation, runtimeId: id }),
    ),
  };
}
