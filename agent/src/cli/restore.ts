// servo-agent restore: through the agent where it runs, else with its locks.
import { userInfo } from 'node:os';
import { isId, spellingOf } from '@servo-auditor/proto/ids.ts';
import { logger } from '@servo-auditor/proto/log.ts';
import { mute, openBench } from '../bench.ts';
import { loadConfig, type Config } from '../config.ts';
import { askAgent, NoAgent } from '../control/client.ts';
import type { Restored } from '../control/socket.ts';
import { Failed, Wrong, type Out } from './out.ts';

/** Characters of a reason. */
const maxReasonChars = 500;

export async function restore(
  uid: string,
  { config: file, reason }: { readonly config: string; readonly reason: string },
  out: Out,
): Promise<void> {
  if (!isId('servo uid', uid)) throw new Wrong(`"${uid}" is no servo: want ${spellingOf('servo uid')}`);
  if (reason.length > maxReasonChars)
    throw new Wrong(`a reason of ${reason.length} characters: want at most ${maxReasonChars}`);
  const config = loadConfig(file);
  const why = `${userInfo().username}: ${reason}`;
  const result = await askAgent(config.state, { do: 'restore', uid, why }).then(
    (value) => value as Restored,
    async (error: unknown) => {
      if (error instanceof NoAgent) return await restoreAlone(uid, why, config);
      throw error;
    },
  );
  if (result.outcome !== 'executed')
    throw new Failed(`${uid} was not restored (${result.code}): ${result.message}`);
  out.stdout.write(`${uid}: ${result.message}.\nNo order stops it until: servo-agent unhold ${uid}\n`);
}

/** Does what the agent would do, and answers for it when the agent runs again. */
async function restoreAlone(
  uid: Parameters<Awaited<ReturnType<typeof openBench>>['executor']['restore']>[0],
  why: string,
  config: Config,
): Promise<Restored> {
  const bench = await openBench(config, mute, logger('servo-agent', 'warn'));
  try {
    bench.executor.recover();
    return await bench.executor.restore(uid, why);
  } finally {
    await bench.close();
  }
}
