// Runs one part and takes its result from its last line. What it prints before goes on to whoever watches.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a part's last line must be. */
export type Result = Readonly<Record<string, unknown>>;

export interface Ran {
  readonly exitCode: number;
  readonly tookMs: number;
  /** Undefined: its last line was no JSON object. */
  readonly result: Result | undefined;
}

/** @param watch every line of its standard output but the last. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  watch: (line: string) => void,
): Promise<Ran> {
  const began = performance.now();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  let last: string | undefined;
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    if (last !== undefined) watch(last);
    last = line;
  });
  const drained = new Promise<void>((resolve) => lines.on('close', resolve));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', (cause) => reject(new Error(`${command} could not be started`, { cause })));
    child.on('close', (code) => resolve(code ?? 1));
  });
  await drained;
  const result = parse(last);
  if (result === undefined && last !== undefined) watch(last);
  return { exitCode, tookMs: Math.round(performance.now() - began), result };
}

function parse(line: string | undefined): Result | undefined {
  if (line?.startsWith('{') !== true) return undefined;
  try {
    return JSON.parse(line) as Result;
  } catch {
    return undefined;
  }
}
