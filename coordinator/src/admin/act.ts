// Every act of an operator goes one way: into the audit chain, in the transaction that does it; then into the log.
import {
  Refused,
  type ActReply,
  type MethodName,
  type Next,
  type Operator,
} from '@servo-auditor/proto/admin.ts';
import { Fenced, Unfit, type Act, type DecisionMark } from '../state/port.ts';
import type { AdminDeps } from './deps.ts';

/** Makes the act durable. Throws `Refused` for a reason that is only the placeholder of a copied command, and what the store throws. */
export async function act(deps: AdminDeps, by: Operator, reason: string, what: Act): Promise<DecisionMark> {
  if (/^[.…\s]*$/.test(reason))
    throw new Refused('invalid', `reason: is ${JSON.stringify(reason)}; want why, in a few words`);
  const decision = await deps.store.act(deps.fence(), by.name, reason, what);
  deps.noteDecision(decision);
  deps.log.info({ event: `operator.${what.kind}`, by: by.name, reason, decision: decision.version });
  return decision;
}

/** The act, and what to say of it. */
export async function acted(
  deps: AdminDeps,
  by: Operator,
  reason: string,
  what: Act,
  message: string,
  next: readonly Next[] = [],
): Promise<ActReply> {
  const decision = await act(deps, by, reason, what);
  deps.runSoon();
  return { decision, message, next };
}

/** What hard state refuses, in the words of a call. Undefined: an unexpected error. */
export function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof Unfit) return new Refused('unfit', error.message);
  if (error instanceof Fenced)
    return new Refused(
      'unavailable',
      `this coordinator no longer leads: ${error.message}; ask the one that does`,
    );
  return undefined;
}

/** Logs what nobody expected. */
export function onError(deps: AdminDeps): (method: MethodName, error: unknown) => void {
  return (method, error) => deps.log.error({ event: 'admin.failed', method, err: error });
}
