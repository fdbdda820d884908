// What became of an intent whose outcome was never written: the agent was killed in between, or the disk was full. It is
// never executed again. A stop whose servo is gone was executed; one whose servo runs is unknown, since somebody may have
// started it by hand. A start whose servo runs was executed; else it is unknown, and the servo stays in quarantine.
import { setTimeout as sleep } from 'node:timers/promises';
import { sentence, type Context } from './context.ts';
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
  for (;;) {
    const runs = await actor.runs(runtimeId, incarnation);
    if (runs === false) break;
    if (clock.now().monoMs - began.monoMs >= actor.stopGraceMs) {
      const now = runs ? `${uid} still runs as ${incarnation}` : `whether ${uid} runs cannot be told`;
      const message = `the agent ended after its intent to stop it; ${now}`;
      return { outcome: 'unknown', code: 'interrupted', message };
    }
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

async function recoverStart({ uid, launch }: Intent, { scanner, actor }: Context): Promise<Result> {
  const running = (await scanner.scan()).facts.get(uid)?.find((row) => row.object !== undefined);
  if (running === undefined)
    return {
      outcome: 'unknown',
      code: 'interrupted',
      message: `the agent ended after its intent to start ${uid}, which does not run`,
    };
  const unsettled = await actor.settle(launch, 'running');
  if (unsettled !== undefined)
    return { outcome: 'unknown', code: 'not-settled', message: sentence(`${uid} runs; ${unsettled}`) };
  return {
    outcome: 'executed',
    code: 'recovered',
    message: `the agent ended after its intent to start ${uid}, which runs`,
    incarnation: running.servo.incarnation,
  };
}
