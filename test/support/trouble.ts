// What an operator sees of trouble in a stage of real processes: log lines, refusals and their remedies; and that meanwhile
// nothing is stopped that should not be.
import { execFile, spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type t from 'tap';
import type { DemoHost } from '../../scripts/demo/host.ts';
import { markVariable, until, type Program } from '../../scripts/demo/processes.ts';
import { rounds, type Stage } from './stage.ts';

/** Longest wait for a single step, on a busy machine. */
export const patienceMs = 180_000;
const agentScript = join(import.meta.dirname, '../../agent/src/main.ts');

export type Checks = Pick<typeof t, 'equal' | 'strictSame' | 'match' | 'notMatch' | 'ok'>;

export interface Line {
  readonly event?: string;
  readonly [name: string]: unknown;
}

/** All structured lines of a log file; what is no JSON (a last word for people) is left out. */
function linesOf(file: string): readonly Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
}

/** Waits for a log line of this event that has all the given fields; a pattern must match somewhere in its field. */
export async function untilLogged(
  file: string,
  event: string,
  fields: Readonly<Record<string, string | RegExp>> = {},
): Promise<Line> {
  return await until(`${event} in ${file}, with ${JSON.stringify(fields, patternText)}`, patienceMs, () =>
    linesOf(file).findLast(
      (line) =>
        line.event === event &&
        Object.entries(fields).every(([name, want]) =>
          typeof want === 'string' ? line[name] === want : want.test(textOf(line[name])),
        ),
    ),
  ).catch((cause: unknown) => {
    const last = linesOf(file).slice(-5).map(textOf).join('\n');
    throw new Error(`no ${event} with ${JSON.stringify(fields, patternText)}; the log ends with:\n${last}`, {
      cause,
    });
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function patternText(_name: string, value: unknown): unknown {
  return value instanceof RegExp ? String(value) : value;
}

export interface HostRow {
  readonly id: string;
  readonly connected: boolean;
  readonly fresh: boolean;
  readonly contested?: string;
  readonly inventory?: {
    readonly problems?: readonly {
      readonly path: string;
      readonly code: string;
      readonly message: string;
      readonly contentSha256?: string;
    }[];
  };
  readonly next?: readonly { readonly command: string }[];
}
export interface Attention {
  readonly code: string;
  readonly message: string;
}
export interface GateRow {
  readonly name: string;
  readonly outcome: string;
  readonly says: string;
  readonly lifts?: string;
}

export async function hostRow({ world }: Stage, host: string): Promise<HostRow> {
  const { hosts } = await world.admin.call<{ hosts: readonly HostRow[] }>('ListHosts', { host, pageSize: 1 });
  const [row] = hosts;
  if (row === undefined) throw new Error(`${host} is not enrolled`);
  return row;
}

/** The stable names of what is wrong with a host's inventory, sorted. */
export async function problemCodes(stage: Stage, host: string): Promise<readonly string[]> {
  return ((await hostRow(stage, host)).inventory?.problems ?? []).map(({ code }) => code).toSorted();
}

export async function untilProblems(stage: Stage, host: string, codes: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  await until(`the problems of ${host} to be ${codes.join(', ') || 'none'}`, patienceMs, async () => {
    last = await problemCodes(stage, host);
    return JSON.stringify(last) === JSON.stringify(codes.toSorted()) ? true : undefined;
  }).catch((cause: unknown) => {
    throw new Error(`the problems of ${host} are ${last.join(', ') || 'none'}`, { cause });
  });
}

/** Waits until the status asks for a person with this code, in words that fit. */
export async function untilAttention(stage: Stage, code: string, words: RegExp): Promise<Attention> {
  let last: readonly Attention[] = [];
  return await until(`status to show ${code} with ${String(words)}`, patienceMs, async () => {
    last = await attention(stage);
    return last.find((item) => item.code === code && words.test(item.message));
  }).catch((cause: unknown) => {
    throw new Error(`status shows ${JSON.stringify(last)}`, { cause });
  });
}

export async function untilNoAttention(stage: Stage, code: string): Promise<void> {
  await until(`status not to show ${code} any more`, patienceMs, async () =>
    (await attention(stage)).some((item) => item.code === code) ? undefined : true,
  );
}

async function attention({ world }: Stage): Promise<readonly Attention[]> {
  const { attention: items = [] } = await world.admin.call<{ attention?: readonly Attention[] }>(
    'Status',
    {},
  );
  return items;
}

/** Waits until `explain` shows this gate refusing this servo, with a remedy. */
export async function untilRefusedBy(stage: Stage, uid: string, gate: string): Promise<GateRow> {
  return await until(`${gate} to refuse ${uid}`, patienceMs, async () => {
    const { copies = [] } = await stage.world.admin.call<{
      copies?: readonly { readonly gates?: readonly GateRow[] }[];
    }>('Explain', { uid });
    return copies[0]?.gates?.find((g) => g.name === gate && g.outcome === 'GATE_OUTCOME_REFUSE');
  });
}

interface Entry {
  readonly event: string;
  readonly aboutJson: string;
}

/** How many orders were ever made about this servo, by the audit chain. */
export async function orders({ world }: Stage, uid: string): Promise<number> {
  const entries = await world.admin.stream<Entry>('ExportAudit', { afterVersion: 0 });
  return entries.filter(
    ({ event, aboutJson }) => event.startsWith('order.') && aboutJson.includes(`"${uid}"`),
  ).length;
}

/**
 * The released servo stays untouched for as many rounds as would otherwise have made it an orphan and more, because this gate
 * refuses it. Resolves with what `explain` says of the gate.
 */
export async function staysBecauseOf(t: Checks, stage: Stage, uid: string, gate: string): Promise<GateRow> {
  const row = await untilRefusedBy(stage, uid, gate);
  await rounds(stage, 5);
  const still = await untilRefusedBy(stage, uid, gate);
  t.equal(await orders(stage, uid), 0, `no order for ${uid} while ${gate} refuses`);
  t.ok(await stage.world.hostOf(uid).answers(uid), `${uid} runs`);
  t.ok((still.lifts ?? '').length > 0, `${gate} says what lifts it`);
  return row;
}

/** Every servo that ever became an orphan, had an order or was stopped is one of those that were released. */
export async function onlyReleased(t: Checks, stage: Stage, released: readonly string[]): Promise<void> {
  const { world } = stage;
  interface Case {
    readonly uid: string;
    readonly state: string;
  }
  const { cases = [] } = await world.admin.call<{ cases?: readonly Case[] }>('ListCases', {
    all: true,
    limit: 1000,
  });
  t.strictSame(
    cases.filter(({ uid }) => !released.includes(uid)).map(({ uid }) => uid),
    [],
    'no servo but the released ones ever was a suspect, or more',
  );
  for (const host of world.hosts.values())
    for (const { uid } of host.servos.filter((s) => !released.includes(s.uid)))
      t.ok(await host.answers(uid), `${uid} answers`);
  t.notMatch(await world.admin.call('VerifyAudit', {}), { firstBroken: String });
}

/**
 * Starts the agent of a host by way of another program, which takes its place; the host's own must have been stopped. The log is
 * written here, so that it is not subject to what the agent may write.
 */
export function startAgentThrough(host: DemoHost, through: readonly string[]): Program {
  const [program, ...args] = [...through, process.execPath, agentScript, 'run', '--config', host.configFile];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, [markVariable]: host.setting.world },
  });
  child.stderr.on('data', (bytes: Buffer) => appendFileSync(host.logFile, bytes));
  return { child, ended: new Promise((resolve) => child.once('close', resolve)) };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of `servo-agent` on a host of the stage. */
export async function servoAgent(stage: Stage, host: string, ...words: readonly string[]): Promise<Ran> {
  const config = stage.world.hosts.get(host)?.configFile;
  if (config === undefined) throw new Error(`no host ${host}`);
  return await runScript(agentScript, [...words, '--config', config]);
}

/** Runs a program of this repository to its end. @param through another program that takes its place. */
export async function runScript(
  script: string,
  args: readonly string[],
  through: readonly string[] = [],
): Promise<Ran> {
  const [program = process.execPath, ...words] = [...through, process.execPath, script, ...args];
  return await new Promise((resolve) => {
    execFile(program, words, { timeout: patienceMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
      resolve({ code, stdout, stderr });
    });
  });
}
