// Many seeds, shared by several processes: each takes seeds of the shape that it has prepared for as long as there are some.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gaps, matrix } from '../coverage-print.ts';
import { merge, missing, noneCounted } from '../coverage.ts';
import { addFigures, noFigures } from '../oracle/figures.ts';
import { shapeOfSeed } from '../world/shape.ts';
import type { Batch, Failing, Report } from './message.ts';

export interface Many {
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  readonly json: boolean;
}

/** Seeds that a worker takes at once. */
const batchSeeds = 20;
/** Failing seeds that are printed with what led there. */
const maxPrinted = 10;

/** Whether none failed. */
export async function many({ seeds, from, workers, json }: Many): Promise<boolean> {
  const began = performance.now();
  console.log(`${seeds} seeds from ${from}, ${workers} workers`);
  const queue = new Queue(Array.from({ length: seeds }, (_, i) => from + i));
  const sum = new Sum();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      await work(queue, (report) => {
        sum.add(report);
        for (const { seed, what, message } of report.failing)
          console.log(`seed ${seed}: ${what}: ${message}`);
        console.log(
          `${sum.count} of ${seeds} seeds, ${sum.failing.length} failing, ${rate(sum.count, began)} seeds/s`,
        );
      });
    }),
  );
  for (const { seed, what, message, chain } of sum.failing.slice(0, maxPrinted)) {
    console.log(`\nseed ${seed}: ${what}: ${message}`);
    for (const line of chain.slice(-40)) console.log(`  ${line}`);
    console.log(`  again: npm run sim -- --seed ${seed} --trace`);
  }
  const rest = sum.failing.length - maxPrinted;
  if (rest > 0)
    console.log(
      `\nand ${rest} failing seeds more: ${sum.failing
        .slice(maxPrinted)
        .map((f) => f.seed)
        .join(' ')}`,
    );
  for (const line of [...matrix(sum.coverage), ...gaps(sum.coverage)]) console.log(line);
  const { figures, failing } = sum;
  for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${Math.round(value)}`);
  const hash = sum.hash();
  const seedsPerSecond = rate(seeds, began);
  console.log(`${seeds} seeds, ${failing.length} failing, ${seedsPerSecond} seeds/s, trace hash ${hash}`);
  if (json)
    console.log(
      JSON.stringify({
        seeds,
        from,
        failing: failing.map(({ seed, what, message }) => ({ seed, what, message })),
        seedsPerSecond: Number(seedsPerSecond),
        workers,
        traceHash: hash,
        figures,
        pairsNeverHit: missing(sum.coverage).pairs.length,
        coverage: sum.coverage,
      }),
    );
  return failing.length === 0;
}

function rate(count: number, began: number): string {
  return ((count / (performance.now() - began)) * 1000).toFixed(1);
}

class Queue {
  readonly #left = new Map<number, number[]>();
  readonly #taken = new Set<number>();

  constructor(seeds: readonly number[]) {
    for (const seed of seeds) {
      const shape = shapeOfSeed(seed);
      const same = this.#left.get(shape);
      if (same === undefined) this.#left.set(shape, [seed]);
      else same.push(seed);
    }
  }

  /** Seeds of the shape that the worker has, of one that nobody has, or of the one with most left. */
  next(had: number | undefined): Batch | undefined {
    const own = had !== undefined && this.#left.has(had) ? had : undefined;
    const shapes = [...this.#left.keys()].toSorted((a, b) => this.#size(b) - this.#size(a) || a - b);
    const shape = own ?? shapes.find((s) => !this.#taken.has(s)) ?? shapes[0];
    if (shape === undefined) return undefined;
    this.#taken.add(shape);
    const all = this.#left.get(shape) ?? [];
    const seeds = all.splice(0, batchSeeds);
    if (all.length === 0) this.#left.delete(shape);
    return { shape, seeds };
  }

  #size(shape: number): number {
    return this.#left.get(shape)?.length ?? 0;
  }
}

async function work(queue: Queue, done: (report: Report) => void): Promise<void> {
  let batch = queue.next(undefined);
  if (batch === undefined) return;
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = fork(main, ['--worker'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`a worker ended with exit code ${code}`)));
      child.on('message', (report: Report) => {
        done(report);
        batch = queue.next(report.shape);
        if (batch === undefined) resolve();
        else child.send(batch);
      });
      child.send(batch as Batch);
    });
  } finally {
    child.removeAllListeners('exit');
    if (child.connected) child.disconnect();
  }
}

class Sum {
  count = 0;
  failing: Failing[] = [];
  figures = noFigures();
  readonly coverage = noneCounted();
  readonly #hashes = new Map<number, string>();

  add({ hashes, failing, figures, coverage }: Report): void {
    for (const [seed, hash] of hashes) this.#hashes.set(seed, hash);
    this.count += hashes.length;
    this.failing = [...this.failing, ...failing].toSorted((a, b) => a.seed - b.seed);
    this.figures = addFigures(this.figures, figures);
    merge(this.coverage, coverage);
  }

  /** Over the hashes of all seeds, in their order. */
  hash(): string {
    const all = createHash('sha256');
    for (const [seed, hash] of [...this.#hashes].toSorted(([a], [b]) => a - b))
      all.update(`${seed} ${hash}\n`);
    return all.digest('hex').slice(0, 16);
  }
}
