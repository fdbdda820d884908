// What operators do, each act by itself: it is in effect and in the audit chain, or neither; and what was answered is both.
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { until } from '../../../scripts/demo/processes.ts';
import { cell } from '../../../scripts/demo/world.ts';
import { patienceMs, type Ground, type Subject } from '../ground.ts';
import { pidsOf } from '../running.ts';
import { insist, persist, type Scene } from '../scene.ts';
import { stoppedOnce } from './lives.ts';

interface Hold {
  readonly id: string | number;
  readonly scope?: { readonly uid?: string };
}
interface Breaker {
  readonly cohort: string;
  readonly hash: string;
}
interface Witness {
  readonly witness: string;
  readonly fresh?: boolean;
  readonly waiting?: { readonly hash: string };
}

/** An act that is either in effect or not, and can be asked for again. */
interface Act {
  readonly name: string;
  readonly title: string;
  readonly event: string;
  readonly before?: (ground: Ground, subject: Subject) => Promise<unknown>;
  readonly ask: (ground: Ground, subject: Subject) => Promise<unknown>;
  readonly inEffect: (ground: Ground, subject: Subject) => Promise<boolean>;
  readonly after?: (ground: Ground, subject: Subject) => Promise<unknown>;
}

function sceneOf(act: Act): Scene {
  return {
    name: act.name,
    title: act.title,
    own: new RegExp(`store\\.ts:act (BEGIN|COMMIT.*\\[${act.event}\\])`),
    async prepare(ground) {
      const subject = await ground.live('h2');
      await act.before?.(ground, subject);
      const before = await audited(ground, act.event);
      return {
        programs: { coordinator: ground.coordinator },
        async play() {
          const wrong = await insist(
            act.title,
            () => act.ask(ground, subject),
            () => act.inEffect(ground, subject),
          );
          const times = (await persist('the audit log', () => audited(ground, act.event))) - before;
          if (times !== 1) wrong.push(`${act.event} is in effect, and ${times} times in the audit log`);
          await ground.settled();
          if (!(await act.inEffect(ground, subject)))
            wrong.push(`${act.title}: it was in effect, and is no more`);
          await act.after?.(ground, subject);
          return [...wrong, ...(await ground.ledger.balance())];
        },
      };
    },
  };
}

async function audited({ world }: Ground, event: string): Promise<number> {
  const entries = await world.admin.stream<{ event: string }>('ExportAudit', { afterVersion: 0 });
  return entries.filter((entry) => entry.event === event).length;
}

async function holdOf({ world }: Ground, { uid }: Subject): Promise<Hold | undefined> {
  const { holds = [] } = await world.admin.call<{ holds?: Hold[] }>('ListHolds', {});
  return holds.find(({ scope }) => scope?.uid === uid);
}

const setHold = ({ world }: Ground, { uid }: Subject) =>
  world.admin.call('SetHold', { scope: { uid }, reason: 'crash' });

const releaseHold = async (ground: Ground, subject: Subject): Promise<unknown> =>
  await ground.world.admin.call('ReleaseHold', { id: (await holdOf(ground, subject))?.id, reason: 'crash' });

async function isFrozen({ world }: Ground): Promise<boolean> {
  const { freeze } = await world.admin.call<{ freeze?: object }>('Status', {});
  return freeze !== undefined;
}

const freeze = ({ world }: Ground) => world.admin.call('Freeze', { reason: 'crash' });
const unfreeze = ({ world }: Ground) => world.admin.call('Unfreeze', { reason: 'crash' });

async function generationOf({ world }: Ground, host: string): Promise<string> {
  const { hosts } = await world.admin.call<{ hosts: { generation?: string }[] }>('ListHosts', {
    host,
    pageSize: 1,
  });
  const generation = hosts[0]?.generation;
  if (generation === undefined) throw new Error(`${host} has no generation`);
  return generation;
}

async function modeOf(ground: Ground): Promise<string | undefined> {
  const generation = await generationOf(ground, 'h2');
  const { modes = [] } = await ground.world.admin.call<{ modes?: { generation: string; mode: string }[] }>(
    'ListModes',
    {},
  );
  return modes.find((m) => m.generation === generation)?.mode;
}

const setMode = async (ground: Ground, mode: string): Promise<unknown> =>
  await ground.world.admin.call('SetMode', {
    cell,
    generation: await generationOf(ground, 'h2'),
    mode,
    reason: 'crash',
  });

const simple: readonly Act[] = [
  {
    name: 'hold',
    title: 'an operator holds a servo',
    event: 'hold.set',
    ask: setHold,
    inEffect: async (ground, subject) => (await holdOf(ground, subject)) !== undefined,
    after: releaseHold,
  },
  {
    name: 'release',
    title: 'an operator releases a hold',
    event: 'hold.released',
    before: setHold,
    ask: releaseHold,
    inEffect: async (ground, subject) => (await holdOf(ground, subject)) === undefined,
  },
  {
    name: 'freeze',
    title: 'an operator freezes everything',
    event: 'freeze.set',
    ask: freeze,
    inEffect: isFrozen,
    after: unfreeze,
  },
  {
    name: 'unfreeze',
    title: 'an operator lifts the freeze',
    event: 'freeze.lifted',
    before: freeze,
    ask: unfreeze,
    inEffect: async (ground) => !(await isFrozen(ground)),
  },
  {
    name: 'mode',
    title: 'an operator sets a mode',
    event: 'mode.set',
    ask: (ground) => setMode(ground, 'MODE_PROPOSE'),
    inEffect: async (ground) => (await modeOf(ground)) === 'MODE_PROPOSE',
    after: (ground) =>
      persist(
        'enforce',
        async () => (await modeOf(ground)) === 'MODE_ENFORCE' || (await setMode(ground, 'MODE_ENFORCE')),
      ),
  },
];

const approve: Scene = {
  name: 'approve',
  title: 'an operator approves a plan in propose, and what is in it is stopped',
  own: /store\.ts:act BEGIN|approvals/,
  async prepare(ground) {
    const subject = await ground.live('h2');
    const { admin } = ground.world;
    await setMode(ground, 'MODE_PROPOSE');
    await ground.release(subject);
    const proposed = async (): Promise<string | undefined> => {
      const { plans = [] } = await admin.call<{
        plans?: { hash?: string; proposals?: { uid: string }[] }[];
      }>('ListPlans', { cell });
      return plans.find(({ proposals = [] }) => proposals.some(({ uid }) => uid === subject.uid))?.hash;
    };
    await until('a plan to approve', patienceMs, proposed);
    return {
      programs: { coordinator: ground.coordinator },
      async play() {
        const approval = async (): Promise<unknown> => {
          const hash = await proposed();
          // After a restart the plan is only proposed again once the evidence is.
          if (hash === undefined) throw new Error('not proposed yet');
          return await admin.call('ApprovePlan', { cell, hash, reason: 'crash' });
        };
        const wrong = await insist('an approval', approval, async () => {
          const approvals = await ground.stage.audit('plan.approved', subject.uid);
          return approvals.length > 0;
        });
        wrong.push(...(await stoppedOnce(ground, subject)));
        await persist('enforce', () => setMode(ground, 'MODE_ENFORCE'));
        return wrong;
      },
    };
  },
};

/** More than this many at once open every breaker of a small cell. */
const manyOrphans = 4;

const breaker: Scene = {
  name: 'breaker',
  title: 'too many orphans at once: breakers open, and an operator closes them',
  own: /store\.ts:act |breakers/,
  async prepare(ground) {
    const { world } = ground;
    const subjects: Subject[] = [];
    for (let i = 0; i < manyOrphans; i++) subjects.push(await ground.live('h2'));
    for (const subject of subjects) await setHold(ground, subject);
    const open = async (): Promise<readonly Breaker[]> =>
      (await world.admin.call<{ breakers?: Breaker[] }>('ListBreakers', {})).breakers ?? [];
    return {
      programs: { coordinator: ground.coordinator },
      async play() {
        for (const subject of subjects) await ground.release(subject);
        await until('a breaker to open', patienceMs, async () => {
          const breakers = await open().catch(() => []);
          return breakers.length > 0 ? true : undefined;
        });
        await ground.settled();
        const wrong = await insist(
          'all breakers to be closed',
          async () => {
            for (const { cohort, hash } of await open())
              await world.admin.call('CloseBreaker', { cohort, hash, reason: 'crash' });
          },
          async () => (await open()).length === 0,
        );
        await ground.settled(2);
        if ((await open()).length > 0) wrong.push('a breaker opened again for what was seen');
        for (const subject of subjects)
          if (pidsOf(subject).length !== 1) wrong.push(`${subject.uid}, which is held, does not run`);
        // It ends by itself: a labels host keeps no record of it.
        for (const pid of subjects.flatMap(pidsOf)) process.kill(pid, 'SIGKILL');
        return [...wrong, ...(await ground.ledger.balance())];
      },
    };
  },
};

const witness: Scene = {
  name: 'witness',
  title: 'the registry has another lineage: an operator accepts it',
  own: /store\.ts:act /,
  async prepare(ground, turn) {
    const { world } = ground;
    const waiting = async (): Promise<Witness | undefined> => {
      const { witnesses } = await world.admin.call<{ witnesses: Witness[] }>('ListWitnesses', {});
      return witnesses.find((w) => w.witness === 'registry');
    };
    const registry = new Database(join(world.dir, 'registry.db'));
    registry.prepare('UPDATE registry SET lineage = ?').run(`moved-${turn}-${process.pid}`);
    registry.close();
    await until('the registry to wait', patienceMs, async () => (await waiting())?.waiting?.hash);
    return {
      programs: { coordinator: ground.coordinator },
      async play() {
        await until('the registry to be accepted', patienceMs, async () => {
          const now = await waiting().catch(() => undefined);
          if (now?.waiting === undefined) return now?.fresh === true ? true : undefined;
          const { hash } = now.waiting;
          await world.admin
            .call('AcceptWitness', { witness: 'registry', hash, reason: 'crash' })
            .catch(() => undefined);
          return undefined;
        });
        await ground.settled();
        return await ground.ledger.balance();
      },
    };
  },
};

export const acts: readonly Scene[] = [...simple.map(sceneOf), approve, breaker, witness];
