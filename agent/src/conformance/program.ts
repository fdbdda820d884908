// A ground that is a program of the operator's: called with a verb and a uid, it makes, breaks and mends servos on a test host
// as the platform would. So any pair can be put through the kit, in whatever language its platform speaks.
//
//   PROGRAM <verb> [uid]    0: done, and come true   3: cannot do that   anything else: failed, the last words say why
//   PROGRAM marks <uid>     writes everything that a restore must bring back
import { spawn } from 'node:child_process';
import { NotOffered, type Ground, type Opened } from './ground.ts';

/** How long one call may take, in milliseconds: an engine that starts anew, and all that starts with it. */
const maxCallMs = 120_000;
/** Characters of what it writes that are kept. */
const maxTextChars = 64 * 1024;
/** What the program ends with where it cannot do something. */
const cannot = 3;

/** @param path of the program. @param open as an agent that has just started opens store, runtime and actor. */
export function programGround(name: string, path: string, open: () => Opened): Ground {
  return {
    name,
    open,
    servo: async (verb, uid) => void (await call(path, [verb, uid])),
    host: async (verb) => void (await call(path, [verb])),
    marksOf: (uid) => call(path, ['marks', uid]),
  };
}

async function call(path: string, args: readonly string[]): Promise<string> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: maxCallMs });
  const text = { out: '', err: '' };
  child.stdout
    .setEncoding('utf8')
    .on('data', (part: string) => (text.out = (text.out + part).slice(-maxTextChars)));
  child.stderr
    .setEncoding('utf8')
    .on('data', (part: string) => (text.err = (text.err + part).slice(-maxTextChars)));
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`cannot run ${path}: ${cause.message}`, { cause })));
    // Not the end of its streams: what it started may hold them.
    child.once('exit', (...ended) => resolve(ended));
  });
  const words = text.err.trim().split('\n').at(-1) ?? '';
  if (code === cannot) throw new NotOffered(words || `${path} cannot ${args[0] ?? ''}`);
  if (code !== 0) throw new Error(`${path} ${args.join(' ')} ended with ${code ?? signal ?? '?'}: ${words}`);
  return text.out;
}
