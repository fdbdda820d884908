// One world for each action gate, each breaker, each budget, and each part of the last question. In all of them every evidence
// gate passes, and the platform is wrong: the servo is in use. What is left are trust, people, and limits.
import { parseId } from '@servo-auditor/proto/ids.ts';
import { hour, minute, second, type Cell, type CellSetting } from '../../support/cell/cell.ts';
import type { Ablation } from '../build.ts';
import { aField, almost, Field } from '../field.ts';
import type { Scene } from '../scene.ts';

const live = 'a servo in use is stopped';
const uid = parseId('servo uid', 'h1-s1');
const held = { scope: { kind: 'uid', value: uid }, lastsMs: undefined, reason: 'in use' } as const;

/** Policy under which only the breaker of one cohort can open. */
const wide = { breakerCohortCount: 50, breakerFleetCount: 100 };

interface Limit {
  readonly gate: string;
  readonly world: string;
  readonly invariant: string;
  readonly wrong: readonly string[];
  readonly allowed: number;
  readonly setting?: Partial<CellSetting>;
  readonly given?: readonly string[];
}

const breakers: readonly Limit[] = [
  {
    gate: 'breaker',
    world: 'four servos of three hosts are released at once',
    wrong: ['h1-s1', 'h1-s2', 'h2-s1', 'h3-s1'],
  },
  {
    gate: 'breaker:host',
    world: 'four servos of one host are released at once; all other breakers are wider',
    wrong: ['h1-s1', 'h1-s2', 'h1-s3', 'h1-s4'],
    // Ten servos each: six that lose four would look like a registry that shrank.
    setting: { servos: 10, policy: wide },
  },
  {
    gate: 'breaker:generation',
    world: 'four of a generation; those of its reader and of its cell, which see the same four, are off',
    wrong: ['h1-s1', 'h1-s2', 'h2-s1', 'h3-s1'],
    given: ['breaker:reader', 'breaker:cell'],
  },
  {
    gate: 'breaker:reader',
    world: 'four that one reader version reads; those of its generation and cell are off',
    wrong: ['h1-s1', 'h1-s2', 'h2-s1', 'h3-s1'],
    given: ['breaker:generation', 'breaker:cell'],
  },
  {
    gate: 'breaker:cell',
    world: 'four of a cell; those of its generation and reader are off',
    wrong: ['h1-s1', 'h1-s2', 'h2-s1', 'h3-s1'],
    given: ['breaker:generation', 'breaker:reader'],
  },
  {
    gate: 'breaker:fleet',
    world: 'two of a fleet that is set to at most one',
    wrong: ['h1-s1', 'h2-s1'],
    setting: { policy: { breakerFleetCount: 1 } },
  },
].map((limit) => ({ ...limit, allowed: 0, invariant: 'more is stopped than can be true' }));

const budgets: readonly Limit[] = [
  {
    gate: 'budget',
    world: 'two servos of one host are due at once',
    wrong: ['h1-s1', 'h1-s2'],
  },
  { gate: 'budget:host', world: 'two servos of one host are due at once', wrong: ['h1-s1', 'h1-s2'] },
  {
    gate: 'budget:generation',
    world: 'two of a generation that may lose one per window',
    wrong: ['h1-s1', 'h2-s1'],
    setting: { policy: { budgetGeneration: 1 } },
  },
  {
    gate: 'budget:cell',
    world: 'two of a cell that may lose one per window',
    wrong: ['h1-s1', 'h2-s1'],
    setting: { policy: { budgetCellCount: 1 } },
  },
  {
    gate: 'budget:fleet',
    world: 'two of a fleet that may lose one per window',
    wrong: ['h1-s1', 'h2-s1'],
    setting: { policy: { budgetFleet: 1 } },
  },
].map((limit) => ({ ...limit, allowed: 1, invariant: 'a budget is exceeded (I6)' }));

export const actionScenes = (ablation: Ablation): readonly Scene[] => {
  /** Everything of it passes in a few rounds; `comes` happens before the gates that it is about are off. */
  const due = (
    gate: string,
    world: string,
    comes: (cell: Cell) => Promise<void> | void,
    { behind = 'planned', shows }: Partial<Pick<Scene, 'behind' | 'shows'>> = {},
    invariant = live,
  ): Scene => ({
    gate,
    ...(shows === undefined ? {} : { shows }),
    world,
    invariant,
    behind,
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      await comes(cell);
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(8);
      return field.outcome;
    },
  });
  /** What happens between the agent's own judgement and its question. */
  const between = (what: (cell: Cell) => Promise<unknown> | void) => (cell: Cell) => {
    cell.host('h1').beforeAsking = async () => {
      await what(cell);
    };
  };
  const atQuestion = { behind: 'stopped', shows: 'confirm-no' } as const;
  const limited = ({ gate, world, invariant, wrong, allowed, setting, given }: Limit): Scene => ({
    gate,
    shows: gate.split(':', 1)[0] ?? gate,
    world,
    invariant,
    behind: 'planned',
    ...(given === undefined ? {} : { given }),
    play: async (tidy, arm) => {
      const cell = await aField(tidy, setting);
      await almost(cell, ...wrong);
      const field = new Field(cell, ablation, wrong, { allowed });
      arm();
      // Within one window of the budgets.
      await field.rounds(9);
      return field.outcome;
    },
  });

  return [
    {
      gate: 'generation-certified',
      world: 'on a host whose reader has proved nothing yet, in a generation that is enforced',
      invariant: `${live}, as read by what nobody has tried here`,
      behind: 'planned',
      play: async (tidy, arm) => {
        const cell = await aField(tidy);
        const host = cell.addHost('h4', undefined, { uid: 'another field' });
        for (let n = 1; n <= 6; n++) cell.deploy('h4', `h4-s${n}`, `h4-p${n}`);
        await host.connect(cell.coordinator);
        await cell.spend(hour, 5 * minute);
        await almost(cell, 'h4-s1');
        const field = new Field(cell, ablation, ['h4-s1']);
        arm();
        await field.rounds(8);
        return field.outcome;
      },
    },
    due('mode', 'its generation was taken back to observe', (cell) => cell.promote('observe')),
    due('hold', 'an operator knows that it is used, and holds it', async (cell) => {
      await cell.admin.SetHold(held, cell.operator);
    }),
    due('freeze', 'an operator froze everything', async (cell) => {
      await cell.admin.Freeze({ reason: 'the registry is being moved' }, cell.operator);
    }),
    due(
      'fleet-quorum',
      'two of three hosts are not heard any more: who is cut off is the coordinator',
      (cell) => {
        for (const id of ['h2', 'h3']) cell.host(id).disconnect();
      },
    ),
    due(
      'self-stall',
      'the coordinator sleeps for some seconds in every pass, between reading and deciding',
      (cell) => {
        cell.platform.fault = (path) => {
          if (path === '/routes') cell.machine.sleep(8 * second);
          return false;
        };
      },
    ),
    ...breakers.map(limited),
    {
      gate: 'breaker:project',
      shows: 'breaker',
      world:
        'four servos of one project vanish from the registry without a tombstone; other breakers are wider',
      invariant: 'more is stopped than can be true',
      behind: 'planned',
      play: async (tidy, arm) => {
        const cell = await aField(tidy, { policy: wide });
        const wrong = ['h1-x', 'h2-x', 'h3-x', 'h3-y'];
        for (const servo of wrong) cell.deploy(servo.slice(0, 2), servo, 'shared');
        await cell.rounds(20);
        cell.platform.sql(
          "DELETE FROM claim WHERE project = 'shared'; UPDATE registry SET version = version + 1;",
        );
        for (const servo of wrong) cell.platform.router.delete(servo);
        const field = new Field(cell, ablation, wrong);
        arm();
        await field.rounds(36, 2 * minute);
        return field.outcome;
      },
    },
    ...budgets.map(limited),
    due(
      'confirm:look-up',
      'its project comes back after the order, before the agent asks',
      between((cell) => cell.platform.registry.claim('h1-p1', 'h1-s1', 'h1')),
      atQuestion,
    ),
    due(
      'confirm:controls',
      'the registry is empty when the agent asks, though it was whole when it was read',
      between((cell) => {
        cell.platform.sql('DELETE FROM claim; UPDATE registry SET version = version + 1;');
      }),
      atQuestion,
    ),
    due(
      'confirm:host',
      'a second agent with the host’s id appears after the order',
      between((cell) => cell.coordinator.contest(parseId('host', 'h1'), 'two agents with one host id')),
      atQuestion,
      'a servo is stopped on a host that is contested',
    ),
    due(
      'confirm:hold',
      'an operator holds the project that only the host notes, after the order',
      (cell) => {
        const host = cell.host('h1');
        const servo = host.servo('h1-s1');
        host.records.set('h1-s1', { ...servo, project: 'tenant-7' });
        between(async () => {
          const scope = { kind: 'project', value: parseId('project', 'tenant-7') } as const;
          await cell.admin.SetHold({ ...held, scope }, cell.operator);
        })(cell);
      },
      atQuestion,
      'a hold is passed (I7)',
    ),
    due(
      'yes:hold',
      'an operator holds it after the order',
      between((cell) => cell.admin.SetHold(held, cell.operator)),
      atQuestion,
      'a hold is passed (I7)',
    ),
    due(
      'yes:freeze',
      'an operator freezes everything after the order',
      between((cell) => cell.admin.Freeze({ reason: 'wait' }, cell.operator)),
      atQuestion,
      'a freeze is passed (I7)',
    ),
    due(
      'yes:mode',
      'its generation is taken back to observe after the order',
      between((cell) => cell.promote('observe')),
      atQuestion,
    ),
  ];
};
