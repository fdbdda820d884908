// How programs begin and end: first start, clean stop and start, a compacted journal, a journal that is gone.
import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compactAboveBytes } from '../../../agent/src/act/journal.ts';
import { makeLine, readLines } from '../../../agent/src/act/lines.ts';
import { until } from '../../../scripts/demo/processes.ts';
import { begin, patienceMs, type Ground, type Trapped } from '../ground.ts';
import { insist, type Scene } from '../scene.ts';
import { Alone } from './alone.ts';

/** Its journal may come and go: no other scene has servos on it. */
const spare = 'h3';

/** Ends what runs now; where it was trapped meanwhile, another one may run already. */
async function end(trapped: Trapped): Promise<void> {
  const program = trapped.program();
  program?.child.kill('SIGTERM');
  await program?.ended;
}

interface HostRow {
  readonly contested?: string;
  readonly connected?: boolean;
  readonly journal?: { readonly sequence?: string | number };
}

async function rowOf({ world }: Ground, host: string): Promise<HostRow | undefined> {
  const { hosts } = await world.admin.call<{ hosts: HostRow[] }>('ListHosts', { host, pageSize: 1 });
  return hosts[0];
}

async function untilHost(ground: Ground, host: string, fits: (row: HostRow) => boolean): Promise<void> {
  await until(`${host} to be as it should`, patienceMs, async () => {
    const row = await rowOf(ground, host).catch(() => undefined);
    return row !== undefined && fits(row) ? true : undefined;
  });
}

async function balanced(ground: Ground): Promise<readonly string[]> {
  await ground.settled(2);
  return await ground.ledger.balance();
}

const coordinatorFirst: Scene = {
  name: 'coordinator-first',
  title: 'a coordinator starts over no state at all',
  own: /open\.ts|migrate|lead/,
  async prepare(ground, turn) {
    const alone = new Alone(ground, turn);
    return {
      programs: { coordinator: alone.trapped },
      async play() {
        await begin(alone.trapped).catch(() => undefined);
        return await alone.leads();
      },
    };
  },
};

const coordinatorAgain: Scene = {
  name: 'coordinator-again',
  title: 'the coordinator is told to stop, and started again',
  own: /CLOSE|lead|migrate/,
  async prepare(ground) {
    const { coordinator } = ground;
    return {
      programs: { coordinator },
      async play() {
        await end(coordinator);
        await begin(coordinator).catch(() => undefined);
        return await balanced(ground);
      },
    };
  },
};

const agentFirst: Scene = {
  name: 'agent-first',
  title: 'an agent starts without its journal: its host is contested, until operators accept it',
  own: /^(party|bench|act\/)|hosts/,
  async prepare(ground) {
    const agent = ground.agent(spare);
    const { admin, dir } = ground.world;
    const contested = async (): Promise<boolean> => {
      const host = await rowOf(ground, spare);
      if (host?.connected !== true) throw new Error('not connected');
      return host.contested !== undefined;
    };
    // Of a host that was accepted, only a journal of which something was heard since can be missed.
    await untilHost(ground, spare, ({ journal }) => Number(journal?.sequence ?? 0) > 0);
    await end(agent);
    rmSync(join(dir, 'hosts', spare, 'state'), { recursive: true, force: true });
    return {
      programs: { coordinator: ground.coordinator, agent },
      async play() {
        await agent.start();
        await until('the host to be contested', patienceMs, async () =>
          (await contested().catch(() => false)) ? true : undefined,
        );
        const wrong = await insist(
          `${spare} to be accepted`,
          () => admin.call('AcceptHost', { host: spare, reason: 'crash' }),
          async () => !(await contested()),
        );
        return [...wrong, ...(await balanced(ground))];
      },
    };
  },
};

const agentAgain: Scene = {
  name: 'agent-again',
  title: 'an agent is told to stop, and started again when more was decided than it has seen',
  own: /waited|seen/,
  async prepare(ground) {
    const host = 'h1';
    const agent = ground.agent(host);
    const { admin } = ground.world;
    return {
      programs: { agent },
      async play() {
        await end(agent);
        await untilHost(ground, host, ({ connected }) => connected !== true);
        await admin.call('Freeze', { reason: 'crash' });
        await admin.call('Unfreeze', { reason: 'crash' });
        await begin(agent).catch(() => undefined);
        await untilHost(ground, host, ({ connected }) => connected === true);
        return await balanced(ground);
      },
    };
  },
};

const compaction: Scene = {
  name: 'compaction',
  title: 'an agent’s journal has grown: what still matters goes into a new file',
  own: /journal|sync state/,
  async prepare(ground) {
    const agent = ground.agent(spare);
    const journal = join(ground.world.dir, 'hosts', spare, 'state', 'journal');
    await end(agent);
    fatten(journal);
    return {
      programs: { agent },
      async play() {
        await agent.start();
        const wrong = [...(await balanced(ground))];
        // The next thing that is worth a line compacts it: a coordinator with a higher epoch. Where the agent is killed before it has
        // done so, the line is there already, and the one after it does.
        for (let leads = 0; leads < 2 && statSync(journal).size > compactAboveBytes; leads++) {
          await end(ground.coordinator);
          await begin(ground.coordinator).catch(() => undefined);
          wrong.push(...(await balanced(ground)));
        }
        const { size } = statSync(journal);
        if (size > compactAboveBytes) wrong.push(`the journal has ${size} bytes still`);
        return wrong;
      },
    };
  },
};

/** Lets time pass in it, until the next entry compacts it. */
function fatten(journal: string): void {
  const { lines, damage } = readLines(readFileSync(journal));
  const last = lines.at(-1);
  if (last === undefined || damage !== undefined) throw new Error(`${journal} is no journal to go on from`);
  let { mark } = last;
  let size = statSync(journal).size;
  const texts: string[] = [];
  while (size <= compactAboveBytes) {
    const { line, text } = makeLine({ kind: 'waited' }, last.waitMs, mark);
    ({ mark } = line);
    size += text.length;
    texts.push(text);
  }
  appendFileSync(journal, texts.join(''));
}

export const starts: readonly Scene[] = [
  coordinatorFirst,
  coordinatorAgain,
  agentFirst,
  agentAgain,
  compaction,
];
