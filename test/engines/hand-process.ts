// Plain processes, as a platform without an engine runs them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotOffered } from '../../agent/src/conformance/ground.ts';
import { processActor } from '../../agent/src/act/process-actor.ts';
import { openProcess } from '../../agent/src/scan/runtime/process.ts';
import { isAlive, listPids, readParts, readStatSync } from '../../agent/src/scan/runtime/proc.ts';
import { freshMarker, PATH, processOptions, until } from '../agent/scan/support.ts';
import { parentsHere } from '../agent/support/host.ts';
import type { Test } from 'tap';
import type { RuntimeHand, Wanted } from './ground.ts';

const idle = 'exec sleep 1000';
/** Works as long as its file is there. */
const working = 'while :; do if [ -e "$SERVO_BUSY" ]; then :; else sleep 0.05; fi; done';

/** They end with the test. @param folder where servos are told what to do; it must exist. */
export function processHand(t: Pick<Test, 'teardown'>, folder: string): RuntimeHand {
  const marker = freshMarker();
  const options = processOptions(marker);
  const actor = processActor({ parents: parentsHere(), stopGraceMs: 2000 });
  /** As they were started here; what was restored has another pid. */
  const pids = new Map<string, number>();
  const busyFile = (slot: string) => join(folder, `${slot}.busy`);
  const pidOf = async (slot: string) => {
    const known = pids.get(slot);
    if (known === undefined || isAlive(readStatSync(known))) return known;
    for (const pid of listPids()) {
      const environ = (await readParts(pid, 'environ').catch(() => undefined)) ?? [];
      const isIt = environ.includes(`SERVO_HOST=${marker}`) && environ.includes(`SERVO_SLOT=${slot}`);
      if (isIt && readStatSync(pid)?.pgid === pid) return pid;
    }
    return undefined;
  };
  const kill = async (slot: string) => {
    const pid = await pidOf(slot);
    if (pid === undefined) return;
    process.kill(-pid, 'SIGKILL');
    await until(`${slot} is gone`, () => (isAlive(readStatSync(pid)) ? undefined : true));
  };
  t.teardown(() => Promise.all([...pids.keys()].map(kill)));
  return {
    name: 'process',
    open: () => ({ runtime: openProcess(options), actor }),
    async run(slot: string, { uid, labels, kind }: Wanted) {
      if (kind !== 'plain') throw new NotOffered('a plain process is started again by nobody');
      const file = join(folder, `${slot}.pid`);
      rmSync(file, { force: true });
      const command = `echo $$ >${file}; ${/busy/.test(slot) ? working : idle}`;
      const env = {
        PATH,
        SERVO_HOST: marker,
        SERVO_SLOT: slot,
        SERVO_BUSY: busyFile(slot),
        ...(uid === undefined ? {} : { SERVO_UID: uid }),
        ...labels,
      };
      // A session of its own, and nobody here as its parent.
      const child = spawn('setsid', ['--fork', 'bash', '-c', command], { cwd: '/', env, stdio: 'ignore' });
      await once(child, 'exit');
      pids.set(slot, await until(`${slot} runs`, () => pidIn(file)));
    },
    async remove(slot) {
      await kill(slot);
      pids.delete(slot);
      rmSync(busyFile(slot), { force: true });
    },
    kill,
    busy: (slot) => Promise.resolve(writeFileSync(busyFile(slot), '')),
    takeAddress: () => Promise.reject(new NotOffered('these servos have no address')),
    spoil: () => Promise.reject(new NotOffered('a plain process is started from its command alone')),
    host: () => Promise.reject(new NotOffered('a plain process has no engine')),
    async marksOf(slot) {
      const pid = await pidOf(slot);
      if (pid === undefined) return 'nothing runs';
      return JSON.stringify([await readParts(pid, 'cmdline'), (await readParts(pid, 'environ'))?.toSorted()]);
    },
  };
}

/** Also once the shell has become what it is going to be: before, command and environment are the shell's. */
async function pidIn(file: string): Promise<number | undefined> {
  if (!existsSync(file)) return undefined;
  const written = readFileSync(file, 'utf8');
  if (!written.endsWith('\n')) return undefined;
  const pid = Number(written);
  const argv = (await readParts(pid, 'cmdline').catch(() => undefined)) ?? [];
  return argv[0] === 'sleep' || argv.some((arg) => arg.includes(working)) ? pid : undefined;
}
