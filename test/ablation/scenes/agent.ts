// One world for each check of an agent: a coordinator that is in an attacker's hands, or buggy, or late, and says yes to every
// question. What is left is what the host itself knows.
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, rmSync } from 'node:fs';
import { identityDigest, orderBytes, sha256Hex, yesBytes } from '@servo-auditor/proto/canonical.ts';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import { orderSigner } from '@servo-auditor/proto/sign.ts';
import type { ConfirmRequest, Order, SignedOrder, Yes } from '@servo-auditor/proto/wire.ts';
import {
  agentNonce,
  enrol,
  generation,
  hand,
  orderFor,
  uid,
  World,
  yesTo,
  type Hand,
} from '../../agent/support/hand.ts';
import type { Outcome, Scene } from '../scene.ts';

const minute = 60_000;
const stranger = (() => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return orderSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
})();
const noAuthority = 'a servo is stopped by an order that nobody with authority gave';

/** What happens on the host before the orders come; the orders, each with what happens before it. */
interface Attack {
  /** What happens to the journal while no agent runs. */
  readonly onDisk?: (journal: string) => void;
  readonly prepare?: (world: World, agent: Hand) => void;
  readonly orders: readonly ((world: World, agent: Hand) => SignedOrder)[];
  /** Stops that are right all the same. */
  readonly allowed?: number;
  /** What is done wrong, where it is no stop. */
  readonly count?: (world: World, agent: Hand) => number;
}

const refusedBy = ({ receipts }: Hand): readonly string[] =>
  receipts.filter((r) => r.outcome === 'refused').map((r) => r.code);

async function suffer(
  { onDisk, prepare, orders, allowed = 0, count }: Attack,
  arm: () => void,
): Promise<Outcome> {
  const world = new World();
  try {
    const first = hand(world);
    enrol(first);
    first.journal.close();
    onDisk?.(first.journal.path);
    const agent = hand(world);
    prepare?.(world, agent);
    arm();
    for (const order of orders) {
      agent.executor.takeOrder(order(world, agent));
      await agent.executor.idle();
    }
    const beyond = (n: number): number => Math.max(0, n - allowed);
    const funnel = {
      orphan: 0,
      planned: 0,
      ordered: orders.length,
      asked: beyond(world.questions.length),
      stopped: count?.(world, agent) ?? beyond(world.signals),
    };
    agent.journal.close();
    const refused = refusedBy(agent);
    return { funnel, refusedBy: refused, everRefused: refused };
  } finally {
    rmSync(world.directory, { recursive: true, force: true });
  }
}

const ordered = (more: Partial<Order>) => (world: World) => orderFor(world, more);
const asOrdered = ordered({});

/** What the host shows of the servo from now on. */
function shows(world: World, more: object): void {
  const facts = world.facts.bind(world);
  world.facts = () => {
    const found = facts();
    return { ...found, servo: { ...found.servo, ...more } };
  };
}

/** Answers with a yes that is changed, or after something has happened. */
function answers(world: World, yes: (question: ConfirmRequest) => Partial<Yes>): void {
  world.answer = (question) => Promise.resolve(yesTo(question, yes(question)));
}

/** So many other servos are on the host: its limit for the day is a share of them. */
function among(others: number, { context }: Hand): void {
  const scan = context.scanner.scan.bind(context.scanner);
  context.scanner.scan = async () => {
    const inventory = await scan();
    const [servo] = inventory.servos;
    if (servo === undefined) return inventory;
    return { ...inventory, servos: [servo, ...Array.from({ length: others }, () => servo)] };
  };
}

/** It runs again as if nothing had been, and time has passed. */
function again(world: World, { context }: Hand, ms: number): void {
  world.runs = true;
  world.ms += ms;
  context.nonces.sent(agentNonce, context.clock.now());
}

const attack = (
  gate: string,
  world: string,
  invariant: string,
  what: Attack,
  {
    behind = 'asked',
    shows: as = gate.slice('agent:'.length),
    given,
  }: Partial<Pick<Scene, 'behind' | 'shows' | 'given'>> = {},
): Scene => ({
  gate,
  shows: as,
  world,
  invariant,
  behind,
  ...(given === undefined ? {} : { given }),
  play: async (_tidy, arm) => await suffer(what, arm),
});

const orders: readonly Scene[] = [
  attack(
    'agent:journal-damaged',
    'a line of the journal cannot be read; and orders are begun all the same',
    'an agent acts without knowing what it did before (I5)',
    {
      onDisk: (journal) => appendFileSync(journal, 'flipped\n'),
      orders: [asOrdered],
    },
    { given: ['agent:damage-at-once'] },
  ),
  attack('agent:signature', 'an order that somebody else has signed', noAuthority, {
    orders: [
      (world) => {
        const order = orderFor(world);
        return { ...order, signature: stranger(orderBytes(order)) };
      },
    ],
  }),
  attack('agent:other-host', 'an order for another host is replayed here', noAuthority, {
    orders: [ordered({ host: parseId('host', 'h-2') })],
  }),
  attack('agent:installation', 'an order of another installation with the same key', noAuthority, {
    orders: [ordered({ installation: parseId('installation', 'other') })],
  }),
  attack(
    'agent:epoch',
    'a deposed leader wakes up late',
    'an epoch below the highest seen is executed (I5)',
    {
      orders: [ordered({ epoch: parseEpoch(2) })],
    },
  ),
  attack(
    'agent:decision',
    'a coordinator that was restored from a backup',
    'an order is executed of a coordinator that has forgotten what it decided',
    {
      orders: [ordered({ decision: { version: 6, hash: sha256Hex('decision 6') } })],
    },
  ),
  attack(
    'agent:decision-hash',
    'a second history under the same number',
    'an order is executed of a coordinator that has forgotten what it decided',
    { orders: [ordered({ decision: { version: 7, hash: sha256Hex('another decision 7') } })] },
    { shows: 'decision' },
  ),
  attack(
    'agent:done-before',
    'an order comes again, after an operator started the servo by hand; and it is begun a second time',
    'one order is executed twice (I5)',
    {
      prepare: (_world, agent) => among(100, agent),
      orders: [
        asOrdered,
        (world, agent) => {
          again(world, agent, 20 * minute);
          return orderFor(world);
        },
      ],
      allowed: 1,
    },
    { given: ['agent:known-order'] },
  ),
  attack(
    'agent:age-unknown',
    'an order that cites a nonce which this agent never sent',
    'an order of unknown age is executed',
    {
      orders: [ordered({ agentNonce: parseId('nonce', '2'.repeat(32)) })],
    },
  ),
  attack(
    'agent:too-old',
    'an order that was held back on its way until its life was over',
    'an order is executed past its life',
    {
      prepare: (world) => {
        world.ms += 61_000;
      },
      orders: [asOrdered],
    },
  ),
];

const sights: readonly Scene[] = [
  attack(
    'agent:hold',
    'an operator on the host holds it with a file',
    'a hold is passed (I7)',
    {
      prepare: (_world, { context }) => {
        context.holds.put(uid, 'in use');
      },
      orders: [asOrdered],
    },
    { shows: 'held' },
  ),
  attack('agent:hold-unreadable', 'the folder of the hold files is gone', 'a hold is passed (I9)', {
    prepare: (_world, { context }) => {
      rmSync(context.holds.directory, { recursive: true });
    },
    orders: [asOrdered],
  }),
  attack(
    'agent:incomplete',
    'a manifest on the host cannot be read',
    'a servo is stopped on a host that was not read whole (I9)',
    {
      prepare: (world) => {
        world.problems = [{ path: '/store/x.json', code: 'not-json', message: 'is no JSON' }];
      },
      orders: [asOrdered],
    },
  ),
  attack('agent:contradiction', 'store and runtime disagree about it', 'a contradiction is acted on', {
    prepare: (world) => shows(world, { contradiction: 'two-uids' }),
    orders: [asOrdered],
  }),
  attack(
    'agent:incarnation',
    'it was created anew since the decision, and the order’s digest is of the new one',
    'what is executed is not what was observed (I2)',
    {
      orders: [
        (world) => {
          const { incarnation } = world.facts().servo;
          world.pid++;
          return orderFor(world, { incarnation });
        },
      ],
    },
  ),
  attack(
    'agent:identity',
    'the slot is the same, and what runs in it is another object',
    'what is executed is not what was observed (I2)',
    {
      orders: [
        (world) => {
          const { servo } = world.facts();
          const identity = identityDigest(generation, {
            ...servo,
            runtimeId: parseId('runtime id', 'another'),
          });
          return orderFor(world, { identity });
        },
      ],
    },
  ),
  attack('agent:not-quiet', 'it is in use, whatever the coordinator thinks', 'a servo in use is stopped', {
    prepare: (world) => shows(world, { activity: 'active', connections: 3 }),
    orders: [asOrdered],
  }),
  attack(
    'agent:not-measured',
    'its activity was measured for a minute only',
    'a servo is stopped that may be in use',
    {
      prepare: (world) => shows(world, { activity: 'measuring' }),
      orders: [asOrdered],
    },
  ),
  attack(
    'agent:not-restorable',
    'its command cannot be read; and nobody else notices that there is none',
    'a stop cannot be undone (I13)',
    {
      prepare: (world) => {
        const facts = world.facts.bind(world);
        world.facts = () => ({ ...facts(), launch: undefined });
      },
      orders: [asOrdered],
    },
    { given: ['agent:launch'] },
  ),
  attack(
    'agent:not-keepable',
    'stopping it would delete it',
    'a stop cannot be undone (I13)',
    {
      prepare: (_world, { context }) => {
        const look = context.actor.look.bind(context.actor);
        const keepable = {
          keepable: false,
          code: 'removed',
          message: 'it is deleted when it stops',
        } as const;
        context.actor.look = async (object) => {
          const target = await look(object);
          return target === undefined ? undefined : { ...target, keepable };
        };
      },
      orders: [asOrdered],
    },
    { shows: 'not-keepable-removed' },
  ),
];

const second = (id: string, ms: number) => (world: World, agent: Hand) => {
  again(world, agent, ms);
  return orderFor(world, { id: parseId('order', id) });
};

const limits: readonly Scene[] = [
  attack(
    'agent:limit',
    'a coordinator in an attacker’s hands orders stop after stop, on a host of many servos',
    'the host’s own limit is exceeded (I6)',
    {
      prepare: (_world, agent) => among(100, agent),
      orders: [asOrdered, second('o-2', minute)],
      allowed: 1,
    },
    { shows: 'local-limit' },
  ),
  attack(
    'agent:limit-long',
    'the same, one every twenty minutes, on a host of few',
    'the host’s own limit is exceeded (I6)',
    {
      orders: [asOrdered, second('o-2', 20 * minute)],
      allowed: 1,
    },
    { shows: 'local-limit' },
  ),
];

const yes = (
  gate: string,
  world: string,
  invariant: string,
  prepare: Attack['prepare'],
  as?: string,
): Scene =>
  attack(
    gate,
    world,
    invariant,
    { ...(prepare === undefined ? {} : { prepare }), orders: [asOrdered] },
    {
      behind: 'stopped',
      ...(as === undefined ? {} : { shows: as }),
    },
  );

const yeses: readonly Scene[] = [
  yes('agent:yes-signature', 'somebody else says yes', noAuthority, (world) => {
    world.answer = (question) => {
      const said = { ...question };
      return Promise.resolve({ kind: 'yes', yes: { ...said, signature: stranger(yesBytes(said)) } });
    };
  }),
  yes('agent:yes-order', 'a yes for another order', 'a stop that nobody confirmed', (world) =>
    answers(world, () => ({ orderId: parseId('order', 'o-9') })),
  ),
  yes(
    'agent:yes-nonce',
    'the yes to an earlier question is played again',
    'a stop on a yes of unknown age',
    (world) => answers(world, () => ({ nonce: parseId('nonce', '9'.repeat(32)) })),
  ),
  yes('agent:yes-boot', 'a yes for another boot of the host', 'a stop that nobody confirmed', (world) =>
    answers(world, () => ({ bootId: parseId('boot', 'before') })),
  ),
  yes(
    'agent:yes-epoch',
    'a yes of another leadership than the order’s',
    'a stop that nobody confirmed',
    (world) => answers(world, () => ({ epoch: parseEpoch(4) })),
  ),
  yes(
    'agent:epoch-since',
    'another leader appears while the answer is under way',
    'an epoch below the highest seen is executed (I5)',
    (world, { context }) =>
      answers(world, () => {
        context.seen.note(4, { version: 9, hash: sha256Hex('decision 9') });
        return {};
      }),
    'epoch',
  ),
  yes(
    'agent:hold-again',
    'an operator on the host holds it while the answer is under way',
    'a hold is passed (I7)',
    (world, { context }) =>
      answers(world, () => {
        context.holds.put(uid, 'in use');
        return {};
      }),
    'held',
  ),
  yes(
    'agent:yes-too-old',
    'the agent is paused between the question and the act',
    'a stop on a yes older than 5 s (I1)',
    (world) =>
      answers(world, () => {
        world.ms += 6000;
        return {};
      }),
  ),
];

/** Stopped by an order that is right; then somebody orders it to be started otherwise. */
const start = (
  gate: string,
  world: string,
  invariant: string,
  more: (world: World) => Partial<Order>,
  prepare?: Attack['prepare'],
): Scene =>
  attack(
    gate,
    world,
    invariant,
    {
      ...(prepare === undefined ? {} : { prepare }),
      orders: [
        asOrdered,
        (world, agent) => {
          const { servo } = world.facts();
          world.ms += minute;
          agent.context.nonces.sent(agentNonce, agent.context.clock.now());
          const id = parseId('order', 'o-2');
          const identity = identityDigest(generation, servo);
          return orderFor(world, {
            id,
            action: 'start',
            incarnation: servo.incarnation,
            identity,
            ...more(world),
          });
        },
      ],
      count: (world) => world.starts,
    },
    { behind: 'stopped', shows: gate.slice('agent:start-'.length) },
  );

const starts: readonly Scene[] = [
  start(
    'agent:start-incarnation',
    'an order to start another incarnation than the one that is kept',
    'what is executed is not what was ordered (I2)',
    () => ({
      incarnation: parseId('incarnation', 'b:9:9'),
    }),
  ),
  start(
    'agent:start-identity',
    'an order to start another object than the one that is kept',
    'what is executed is not what was ordered (I2)',
    () => ({
      identity: sha256Hex('another'),
    }),
  ),
  start(
    'agent:start-address-taken',
    'its address belongs to another servo by now',
    'a restore takes an address away from a servo in use',
    () => ({}),
    (world) => {
      world.conflicts = [{ address: '127.0.0.1:80', holder: 's-2' }];
    },
  ),
];

export const agentScenes: readonly Scene[] = [...orders, ...sights, ...limits, ...yeses, ...starts];

/** Refusals that stand for nothing that could be stopped: there is no object to send a signal to. */
export const onlyWords: Readonly<Record<string, string>> = {
  'agent:no-such-servo': 'no row bears the uid, so there is nothing that could be stopped',
  'agent:not-running': 'a row that does not run has no object, so there is nothing that could be stopped',
  'agent:start-not-quarantined': 'nothing is kept, so there is nothing that could be started',
  'agent:held': 'the answer that agent:hold and agent:hold-again ask for, at two moments',
};
