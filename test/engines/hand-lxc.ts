// LXC guests, as a platform of the previous generation runs them.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import { lxcActor } from '../../agent/src/act/lxc/actor.ts';
import { NotOffered } from '../../agent/src/conformance/ground.ts';
import { groupOf, pidsOf } from '../../agent/src/scan/runtime/cgroup-use.ts';
import { openLxc, type LxcOptions } from '../../agent/src/scan/runtime/lxc/lxc.ts';
import { addressesOf } from '../../agent/src/scan/runtime/network.ts';
import { readParts } from '../../agent/src/scan/runtime/proc.ts';
import { freshMarker, until } from '../agent/scan/support.ts';
import type { RuntimeHand, Wanted } from './ground.ts';
import { LxcEngine } from './lxc.ts';

export interface LxcHand extends RuntimeHand {
  readonly engine: LxcEngine;
  readonly options: LxcOptions;
  /** What an agent's configuration says of it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** By the engine itself. */
  runs(slot: string): Promise<boolean>;
}

/** They end with the test. */
export async function lxcHand(t: Pick<Test, 'teardown'>): Promise<LxcHand> {
  const engine = await LxcEngine.bringUp(t);
  const marker = freshMarker();
  const options: LxcOptions = {
    lxcpath: engine.lxcpath,
    marker: { variable: 'SERVO_HOST', value: marker },
    identity: { from: 'environment', variable: 'SERVO_UID' },
    ignore: [],
    probeSources: [],
  };
  const actor = lxcActor({ lxcpath: engine.lxcpath, hooks: [], stopGraceMs: 2000 });
  let addresses = 0;
  const addressOf = new Map<string, string>();
  const squatter = (slot: string) => `${slot}.squatter`;
  const remove = async (slot: string) => {
    await engine.remove(squatter(slot));
    await engine.remove(slot);
  };
  const monitors = async (signal: NodeJS.Signals) => {
    for (const [name, { state }] of hung.length > 0 ? [] : await engine.list())
      if (state === 'RUNNING') hung.push((await engine.pids(name)).monitor);
    for (const pid of hung) process.kill(pid, signal);
  };
  const hung: number[] = [];
  return {
    name: 'lxc',
    engine,
    options,
    config: {
      kind: 'lxc',
      lxcpath: options.lxcpath,
      marker: options.marker,
      identity: options.identity,
      stopGrace: '2 s',
    },
    runs: async (slot) => (await engine.state(slot)) === 'RUNNING',
    open: () => ({ runtime: openLxc(options), actor }),
    async run(slot: string, { uid, labels, kind }: Wanted) {
      addresses++;
      const address = `10.99.${addresses >> 8}.${addresses & 255}`;
      addressOf.set(slot, address);
      const environment = { SERVO_HOST: marker, ...(uid === undefined ? {} : { SERVO_UID: uid }), ...labels };
      await engine.define(slot, { environment, address, lines: linesFor[kind] });
      writeFileSync(`${engine.volumeOf(slot)}/note`, `note of ${slot}`);
      await engine.start(slot);
    },
    remove,
    async kill(slot) {
      process.kill((await engine.pids(slot)).first, 'SIGKILL');
      await until(`${slot} is stopped`, async () =>
        (await engine.state(slot)) === 'RUNNING' ? undefined : true,
      );
    },
    async busy(slot) {
      const { first } = await engine.pids(slot);
      writeFileSync(engine.pathOf(slot, 'rootfs/tmp/busy'), '');
      // Its shell waits for a command, and looks at the file when that ends.
      const group = await groupOf(first, (part) => part.startsWith('lxc.payload.'));
      for (const pid of group === undefined ? [] : ((await pidsOf(group)) ?? []))
        if (pid !== first) process.kill(pid, 'SIGKILL');
    },
    async takeAddress(slot) {
      const address = addressOf.get(slot);
      if (address === undefined) throw new NotOffered(`${slot} has no address`);
      await engine.define(squatter(slot), { environment: {}, address });
      await engine.start(squatter(slot));
    },
    spoil: (slot) =>
      Promise.resolve(renameSync(engine.pathOf(slot, 'rootfs'), engine.pathOf(slot, 'spoiled'))),
    async host(verb) {
      switch (verb) {
        case 'hang':
          return await monitors('SIGSTOP');
        case 'resume':
          await monitors('SIGCONT');
          hung.length = 0;
          return;
        case 'reboot':
          return await engine.reboot();
        case 'down':
        case 'up':
          throw new NotOffered('LXC has no daemon');
      }
    },
    async marksOf(slot) {
      const { first } = await engine.pids(slot);
      const note = engine.pathOf(slot, '../../volumes', slot, 'note');
      return JSON.stringify([
        readFileSync(engine.pathOf(slot, 'config'), 'utf8'),
        existsSync(note) && readFileSync(note, 'utf8'),
        existsSync(`/proc/${first}/root/data/note`),
        await addressesOf(first),
        (await readParts(first, 'environ'))?.toSorted(),
        await readParts(first, 'cmdline'),
      ]);
    },
  };
}

const linesFor: Readonly<Record<Wanted['kind'], readonly string[]>> = {
  plain: [],
  stubborn: ['lxc.start.auto = 1', 'lxc.group = platform', 'lxc.group = onboot'],
  fleeting: ['lxc.ephemeral = 1'],
};
