// What became of an intent whose outcome was never written: the agent was killed in between, or the disk was full. It is
// never executed again. A stop whose servo is gone was executed; one whose servo runs is unknown, since somebody may have
// started it by hand. A start whose servo runs was executed; else it is unknown, and the servo stays in quarantine.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';
import type { Intent, Result } from './entries.ts';

/** Between two looks at a servo that may still be ending. */
const pollMs = 100;

export async function recover(intent: Intent, context: Context): Promise<Result> {
  return intent.action === 'stop' ? await recoverStop(intent, context) : await recoverStart(intent, context);
}

async function recoverStop(intent: Intent, { actor, scanner, clock }: Context): Promise<Result> {
  const { runtimeId, incarnation, uid } = intent;
  // The signal may have left just before the crash: what is ending gets the time that a stop gives it.
  const began = clock.now();
  while (await actor.runs(runtimeId, incarnation)) {
    if (clock.now().monoMs - began.monoMs >= actor.stopGraceMs)
      return {
        outcome: 'unknown',
        code: 'interrupted',
        message: `the agent ended after its intent to stop it; ${uid} still runs as ${incarnation}`,
      };
    await sleep(pollMs);
  }
  const running = (await scanner.scan()).facts.get(uid)?.find((row) => row.object !== undefined);
  if (running !== undefined)
    return {
      outcome: 'unknown',
      code: 'interrupted',
      message: `the agent ended after its intent to stop ${incarnation}; ${uid} runs as ${running.servo.incarnation} now`,
    };
  return {
    outcome: 'executed',
    code: 'recovered',
    message: `the agent ended after its intent to stop it, and it is gone`,
  };
}

async function recoverStart({ uid }: Intent, { scanner }: Context): Promise<Result> {
  const running = (await scanner.scan()).facts.get(uid)?.find((row) => row.object !== undefined);
  if (running === undefined)
    return {
      outcome: 'unknown',
      code: 'interrupted',
      message: `the agent ended after its intent to start ${uid}, which does not run`,
    };
  return {
    outcome: 'executed',
    code: 'recovered',
    message: `the agent ended after its intent to start ${uid}, which runs`,
    incarnation: running.servo.incarnation,
  };
}
