// LXC's own tools: who runs, and what starts and stops it, is asked of them alone. Each gets a bounded time; a guest whose
// monitor hangs makes them hang, and then nothing is known.
import { execFile } from 'node:child_process';

/** How long LXC may take to say what runs, in milliseconds: a thousand guests take a tenth of a second. */
export const maxAskMs = 5000;
/** Bytes of an answer. */
const maxAnswerBytes = 4 * 1024 * 1024;
/** Root's own PATH may be anything: these are where a distribution keeps its tools. */
const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type ToolRun =
  | { readonly kind: 'ran'; readonly code: number; readonly out: string; readonly err: string }
  | {
      readonly kind: 'failed';
      readonly code: 'no-tools' | 'tools-hang' | 'tools-failed';
      readonly message: string;
    };

/** Where guests are, and what may be asked about them. */
export interface LxcHost {
  /** Absolute path. */
  readonly lxcpath: string;
}

/** Runs one tool of LXC's, with nothing of the agent's environment. Starts it within the call. */
export function runTool(
  { lxcpath }: LxcHost,
  tool: string,
  args: readonly string[],
  limits: { readonly ms: number; readonly signal?: AbortSignal } = { ms: maxAskMs },
): Promise<ToolRun> {
  const argv = ['-P', lxcpath, ...args];
  return runProgram(tool, argv, limits);
}

/** As `runTool`, for what runs a tool of LXC's. */
export function runProgram(
  program: string,
  argv: readonly string[],
  { ms, signal }: { readonly ms: number; readonly signal?: AbortSignal },
): Promise<ToolRun> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      argv,
      {
        env: { PATH: toolPath, LC_ALL: 'C' },
        cwd: '/',
        timeout: ms,
        killSignal: 'SIGKILL',
        maxBuffer: maxAnswerBytes,
        ...(signal === undefined ? {} : { signal }),
      },
      (error, out, err) => {
        if (error === null) return resolve({ kind: 'ran', code: 0, out, err });
        const { code, killed } = error;
        if (code === 'ENOENT')
          return resolve({
            kind: 'failed',
            code: 'no-tools',
            message: `there is no ${program}: install LXC 5, or configure another runtime`,
          });
        if (killed === true || signal?.aborted === true)
          return resolve({
            kind: 'failed',
            code: 'tools-hang',
            message: `${program} did not answer within ${ms} ms: a guest's monitor may hang`,
          });
        if (typeof code === 'number') return resolve({ kind: 'ran', code, out, err });
        return resolve({ kind: 'failed', code: 'tools-failed', message: `${program}: ${error.message}` });
      },
    );
    child.stdin?.end();
  });
}

/** What a guest does, in LXC's words. */
export type GuestState =
  'RUNNING' | 'STOPPED' | 'STARTING' | 'STOPPING' | 'ABORTING' | 'FREEZING' | 'FROZEN' | 'THAWED';
const states: ReadonlySet<string> = new Set<GuestState>([
  'RUNNING',
  'STOPPED',
  'STARTING',
  'STOPPING',
  'ABORTING',
  'FREEZING',
  'FROZEN',
  'THAWED',
]);

export interface GuestStanding {
  readonly state: GuestState;
  /** Its first process, as this host numbers it. Absent: it has none, or LXC does not say. */
  readonly pid: number | undefined;
}

/** The answer of `lxc-ls -f -F NAME,STATE,PID`. Throws where it is not one. */
export function parseList(text: string): ReadonlyMap<string, GuestStanding> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const head = lines.shift();
  // Without guests LXC prints nothing at all.
  if (head !== undefined && head.trim().split(/\s+/).join(' ') !== 'NAME STATE PID')
    throw new Error(`lxc-ls begins with "${head.slice(0, 80)}": want "NAME STATE PID"`);
  return new Map(
    lines.map((line) => {
      const [name, state = '', pid = '', ...more] = line.trim().split(/\s+/);
      if (name === undefined || more.length > 0 || !states.has(state) || !/^(-|\d+)$/.test(pid))
        throw new Error(`lxc-ls says "${line.slice(0, 80)}": want a name, a state and a process`);
      return [name, { state: state as GuestState, pid: pid === '-' ? undefined : Number(pid) }] as const;
    }),
  );
}

/** How one guest stands now. Undefined: LXC knows no such guest. */
export async function standingOf(
  host: LxcHost,
  name: string,
): Promise<GuestStanding | undefined | (ToolRun & { readonly kind: 'failed' })> {
  const ran = await runTool(host, 'lxc-info', ['-n', name, '-s', '-p']);
  if (ran.kind === 'failed') return ran;
  const state = /^State:\s+(\S+)$/m.exec(ran.out)?.[1];
  if (state === undefined && ran.code !== 0 && /doesn't exist/.test(ran.err)) return undefined;
  if (state === undefined || !states.has(state))
    return {
      kind: 'failed',
      code: 'tools-failed',
      message: `lxc-info does not say how ${name} stands: ${lastLine(ran.err)}`,
    };
  const pid = /^PID:\s+(\d+)$/m.exec(ran.out)?.[1];
  return { state: state as GuestState, pid: pid === undefined ? undefined : Number(pid) };
}

/** What a tool said last, without its own name and the place in its source. */
export function lastLine(err: string): string {
  const lines = err.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'no reason given').replace(/^lxc-\w+: (\S+: )?\S+\.c: \w+: \d+ /, '');
}
