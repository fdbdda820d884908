// One seed, again: with its story, and, where it fails, with as few faults and actions as still make it fail.
import type { Report } from '../../coordinator/src/round/report.ts';
import type { WorldEvent } from './event.ts';
import { runSeed } from './story/run.ts';
import { planOf, type Item, type Plan } from './story/item.ts';
import { verdictLines } from './story/verdicts.ts';
import { line, time } from './story/words.ts';
import { failingOf, preparedWorld } from './many/batch.ts';
import { shapeOfSeed } from './world/shape.ts';
import { shrink } from './shrink.ts';

export interface One {
  readonly trace: boolean;
  /** Only these items of the seed's plan. Undefined: all. */
  readonly only: readonly number[] | undefined;
}

/** Whether it did not fail. */
export async function one(seed: number, { trace, only }: One): Promise<boolean> {
  const prepared = await preparedWorld(shapeOfSeed(seed));
  const { shape } = prepared;
  const whole = planOf(seed, shape.policy.roundIntervalMs);
  const plan = only === undefined ? whole : without(whole, (item) => !only.includes(item.id));
  console.log(
    `seed ${seed}: shape ${shape.number}, ${shape.hosts.length} hosts in ${shape.cells.join(', ')}, ${new Set(shape.hosts.map((h) => h.generation)).size} generations, ${plan.items.length} items`,
  );
  const hear = trace
    ? {
        hear: (event: WorldEvent) => console.log(line(event)),
        hearReport: (report: Report) => {
          for (const text of verdictLines(report)) console.log(text);
        },
      }
    : {};
  const result = await runSeed(seed, prepared, { plan, ...hear });
  const failing = failingOf(result);
  if (failing !== undefined) {
    console.log(`\nseed ${seed} fails: ${failing.what}: ${failing.message}`);
    for (const text of failing.chain) console.log(`  ${text}`);
    if (only === undefined) {
      const fails = async (items: readonly Item[]): Promise<boolean> =>
        failingOf(await runSeed(seed, prepared, { plan: { ...plan, items } }))?.what === failing.what;
      const { items, runs } = await shrink(plan.items, fails);
      console.log(`\nof ${plan.items.length} items ${items.length} suffice (${runs} runs):`);
      for (const item of items) console.log(`  ${itemLine(item)}`);
      console.log(
        `  again: npm run sim -- --seed ${seed} --only ${items.map((i) => i.id).join(',')} --trace`,
      );
    }
  }
  console.log(
    `1 seeds, ${failing === undefined ? 0 : 1} failing, ${result.events} events, trace hash ${result.hash}`,
  );
  return failing === undefined;
}

function without(plan: Plan, leaveOut: (item: Item) => boolean): Plan {
  return { ...plan, items: plan.items.filter((item) => !leaveOut(item)) };
}

function itemLine(item: Item): string {
  return item.kind === 'fault'
    ? `${item.id}: ${item.fault} from ${time(item.fromMs)} to ${time(item.toMs)}`
    : `${item.id}: ${item.action} at ${time(item.atMs)}`;
}
