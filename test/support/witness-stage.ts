// One host beside a registry and a router that can be made to fail; what is released meanwhile stays claimed.
import type t from 'tap';
import { Front } from './front.ts';
import { aStage, rounds, type Stage } from './stage.ts';
import { orders, type Checks } from './trouble.ts';

/** The shortest that can be configured: readings are given up, and snapshots grow stale, within the patience of a test. */
const policy = { witnessReadMs: 2000, witnessLookupMs: 1000, witnessAgeMs: 10_000, witnessRows: 1000 };

/** A stage with the host h1, with so many servos to release, h1-1 and on, and something between coordinator and router. */
export async function aWitnessStage(
  test: Pick<typeof t, 'teardown'>,
  servos: number,
): Promise<{ readonly stage: Stage; readonly front: Front }> {
  let front: Front | undefined;
  const stage = await aStage(
    test,
    { h1: ['labels', ...Array.from({ length: servos }, () => ({}))] },
    {
      policy,
      prepare: async (world) => {
        front = new Front(world.routerPort);
        const listening = await front.listen();
        test.teardown(() => listening.close());
        world.routerFront = listening.port;
      },
    },
  );
  if (front === undefined) throw new Error('nothing stands before the router');
  return { stage, front };
}

/** Nobody has read its release, because a witness is broken: it is live by the last accepted claims, and runs. */
export async function staysClaimed(t: Checks, stage: Stage, uid: string): Promise<void> {
  await rounds(stage, 3);
  const row = (await stage.servos()).find((r) => r.uid === uid);
  t.equal(row?.verdict, 'VERDICT_LIVE', 'the last accepted claims stand');
  t.equal(await orders(stage, uid), 0);
  t.ok(await stage.world.hostOf(uid).answers(uid));
}

interface Witness {
  readonly witness: string;
  readonly failure?: string;
  readonly waiting?: { readonly why: string; readonly message: string; readonly hash: string };
}

/** A witness as an operator sees it. */
export async function witnessRow({ world }: Stage, id: string): Promise<Witness> {
  const { witnesses } = await world.admin.call<{ witnesses: readonly Witness[] }>('ListWitnesses', {});
  const row = witnesses.find((w) => w.witness === id);
  if (row === undefined) throw new Error(`no witness ${id}`);
  return row;
}
