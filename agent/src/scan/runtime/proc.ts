// Reads /proc about single processes. What the kernel says is taken apart here and nowhere else.
// A process that is gone answers `undefined`; every other failure throws, and says what could not be read.
import { readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** From /proc/<pid>/stat. Readable for every process, by everybody. */
export interface ProcStat {
  readonly pid: number;
  /** `R`, `S`, `D`, `T`, `Z` (ended, not yet waited for), `X`. */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly session: number;
  /** CPU time in ticks, its own and that of children it waited for. */
  readonly cpuTicks: number;
  /** When it started, in ticks since boot. With the pid and the boot it names one process for ever. */
  readonly startTicks: number;
}

/** Milliseconds of one tick. Linux counts these files in hundredths of a second on every platform that Node runs on. */
export const tickMs = 10;
/** Bytes of an environment or a command line. Twice what the kernel allows an argument list by default. */
export const maxProcBytes = 4 * 1024 * 1024;

/** Takes one line of /proc/<pid>/stat apart. Throws when it is not one. */
export function parseStat(line: string): ProcStat {
  // The name stands in brackets and may hold anything, brackets and spaces too: the last bracket ends it.
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ');
  // Nothing but digits is a number: JavaScript takes an empty text for 0.
  const at = (n: number) => numberIn(fields[n - 3]);
  // Negative where a process is ending: it has no group and no session any more.
  const signed = (n: number) => (fields[n - 3] === '-1' ? -1 : at(n));
  const stat: ProcStat = {
    pid: numberIn(line.slice(0, open - 1)),
    state: fields[0] ?? '',
    ppid: at(4),
    pgid: signed(5),
    session: signed(6),
    cpuTicks: at(14) + at(15) + at(16) + at(17),
    startTicks: at(22),
  };
  const numbers = [stat.pid, stat.ppid, stat.pgid, stat.session, stat.cpuTicks, stat.startTicks];
  const isFramed = line.slice(open - 1, open) === ' ' && open > 1 && line.slice(close, close + 2) === ') ';
  if (
    !isFramed ||
    close < open ||
    stat.pid < 1 ||
    !/^[A-Za-z]$/.test(stat.state) ||
    !numbers.every(Number.isSafeInteger)
  ) {
    throw new Error(`not a line of /proc/<pid>/stat: ${line.slice(0, 80)}`);
  }
  return stat;
}

function numberIn(text: string | undefined): number {
  return text !== undefined && /^(0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
}

// The kernel answers these two from its own memory, at once, so waiting for them costs less than handing them to a thread.
// The parts of a process's own memory (`readParts`) are another matter: a process that is stuck can make a reader wait.

/** The process as the kernel sees it now, or undefined when it is gone. */
export function readStatSync(pid: number): ProcStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    return orGone(error, `/proc/${pid}/stat`);
  }
}

/** Real user of a process. Not from the owner of its folder: the kernel gives that to root where a process hides its memory. */
export function readUserSync(pid: number): number | undefined {
  try {
    const user = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    if (user === undefined) throw new Error('no line "Uid:"');
    return Number(user);
  } catch (error) {
    return orGone(error, `/proc/${pid}/status`);
  }
}

/** Real user, real group and supplementary groups of a process, or undefined when it is gone. */
export function readOwnerSync(
  pid: number,
): { readonly user: number; readonly group: number; readonly groups: readonly number[] } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1');
    const numbers = (name: string) =>
      new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1]?.match(/\d+/g)?.map(Number);
    const [user] = numbers('Uid') ?? [];
    const [group] = numbers('Gid') ?? [];
    if (user === undefined || group === undefined) throw new Error('no lines "Uid:" and "Gid:"');
    return { user, group, groups: numbers('Groups') ?? [] };
  } catch (error) {
    return orGone(error, `/proc/${pid}/status`);
  }
}

/** The parts of a file like `environ` or `cmdline`, which end in zero bytes. Throws with the system's code where it may not be read. */
export async function readParts(
  pid: number,
  file: 'environ' | 'cmdline',
): Promise<readonly string[] | undefined> {
  try {
    const bytes = await readFile(`/proc/${pid}/${file}`);
    if (bytes.length > maxProcBytes)
      throw new Error(`${bytes.length} bytes, at most ${maxProcBytes} are read`);
    return splitParts(bytes.toString('utf8'));
  } catch (error) {
    return orGone(error, `/proc/${pid}/${file}`);
  }
}

export function splitParts(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

/** Numbers of all processes that this process can see, in no order. */
export function listPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether a process still is one. What has ended and waits only to be waited for (`Z`) is gone. */
export function isAlive(stat: ProcStat | undefined): stat is ProcStat {
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
}

/** System's code of an error, or of the error behind it. */
export function codeOf(error: unknown): string {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string') return e.code;
  }
  return '';
}

function orGone(error: unknown, path: string): undefined {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ESRCH') return undefined;
  throw new Error(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
