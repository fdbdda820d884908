// Starts a plain process from within a systemd service. What the agent's unit may not do, a servo must be allowed to: so it is not
// the agent that starts it, nor any child of the agent's, but the manager itself, as a transient unit with nothing of the agent's
// sandbox, as the user that the servo ran as, in a session of its own.
//
// The manager starts a small program, which takes the launch from its standard input (arguments and units can be read by
// everybody, a pipe cannot), says its number, puts /dev/null in the place of its standard streams, and becomes the servo: the
// number stays.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CommandLaunch } from '../facts.ts';
import type { Unit } from './cgroup.ts';

export type Begun = { readonly pid: number } | { readonly error: string };

/** How long the manager, and the program before the servo, may take. */
const maxBeginMs = 10_000;
/** How long what it said may be on its way when it has ended, in milliseconds. */
const maxLastWordMs = 1000;
/** Argument by which that program is told from the servo that it becomes. */
export const becoming = 'becoming-a-servo';

const become = `
const fs = require('node:fs');
const { argv, cwd, env } = JSON.parse(fs.readFileSync(0, 'utf8'));
const say = (v) => fs.writeSync(1, JSON.stringify(v) + '\\n');
const runs = (file) => { try { fs.accessSync(file, fs.constants.X_OK); return fs.statSync(file).isFile(); } catch { return false; } };
const [name] = argv;
try {
  process.chdir(cwd);
  const program = name.includes('/') ? name : (env.PATH ?? '/usr/bin:/bin').split(':').map((d) => d + '/' + name).find(runs);
  if (program === undefined || !runs(program)) throw new Error('ENOENT: no program ' + name);
  say({ pid: process.pid });
  for (const fd of [0, 1, 2]) { fs.closeSync(fd); fs.openSync('/dev/null', 'r+'); }
  process.execve(program, argv, env);
} catch (e) { say({ error: e.message }); }
`;

/** Resolves once the manager has begun it. What it begins may still be on its way to be the servo. */
export function beginInUnit(launch: CommandLaunch, manager: Unit): Promise<Begun> {
  const { XDG_RUNTIME_DIR } = process.env;
  const env = manager.user && XDG_RUNTIME_DIR !== undefined ? { XDG_RUNTIME_DIR } : {};
  return new Promise((resolve) => {
    const child = spawn('/usr/bin/systemd-run', unitArguments(launch, manager), {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: maxBeginMs,
    });
    let complaint = '';
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (complaint = (complaint + text).slice(0, 500)));
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify({ argv: launch.argv, cwd: launch.cwd, env: launch.env }));
    const settle = (begun: Begun) => {
      resolve(begun);
      // It would wait for the servo's end. And the manager holds the other ends of these for as long as the servo lives: they would
      // never end by themselves, nor would this agent.
      child.kill();
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    };
    const failed = () => settle({ error: `systemd-run: ${complaint.trim() || 'it did not say why'}` });
    createInterface(child.stdout).once('line', (line) => settle(JSON.parse(line) as Begun));
    child.once('error', (error) => settle({ error: `cannot run systemd-run: ${error.message}` }));
    child.once('close', failed);
    // It did not begin anything in its time, and what it said may be on its way.
    child.once('exit', () => setTimeout(failed, maxLastWordMs).unref());
  });
}

export function unitArguments({ as }: CommandLaunch, { user }: Unit): readonly string[] {
  const who =
    as === undefined || user
      ? []
      : [
          `--property=User=${as.user}`,
          `--property=Group=${as.group}`,
          ...(as.groups.length === 0 ? [] : [`--property=SupplementaryGroups=${as.groups.join(' ')}`]),
        ];
  return [
    ...(user ? ['--user'] : []),
    '--quiet',
    '--collect',
    '--pipe',
    '--description=Servo that servo-agent restored',
    ...who,
    '--',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    '-e',
    become,
    becoming,
  ];
}
