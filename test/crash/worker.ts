// One world and its process: takes one task after the other from the process that has forked it, and answers each.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { count } from './count.ts';
import { damage, type DamagePart } from './damage/parts.ts';
import { Tally, type Counts } from './damage/tally.ts';
import { Ground } from './ground.ts';
import { pauseNamed } from './pauses.ts';
import type { Point, Write } from './point.ts';
import { crash, type Outcome } from './run.ts';
import { sceneNamed } from './scenes/index.ts';

export type Task =
  | { readonly task: 'count'; readonly scene: string }
  | { readonly task: 'crash'; readonly point: Point }
  | { readonly task: 'pause'; readonly name: string }
  | { readonly task: 'damage'; readonly part: DamagePart; readonly seed: number; readonly each: number }
  | { readonly task: 'end' };
export type Answer =
  | { readonly answer: 'ready' }
  | { readonly answer: 'counted'; readonly scene: string; readonly writes: readonly Write[] }
  | { readonly answer: 'crashed'; readonly outcome: Outcome }
  | {
      readonly answer: 'paused';
      readonly name: string;
      readonly tookMs: number;
      readonly wrong: readonly string[];
    }
  | { readonly answer: 'damaged'; readonly counts: Counts; readonly wrong: readonly string[] }
  | { readonly answer: 'failed'; readonly problem: string };

/** Folder into which a world is copied in which something went wrong. */
export const keepVariable = 'CRASH_KEEP';
/** Tasks after which a world is given up for a new one: every one of them leaves servos behind. */
const tasksPerWorld = 50;

class Worker {
  #ground: Ground | undefined;
  #teardowns: (() => unknown)[] = [];
  #turn = 0;
  #left = 0;

  async do(task: Task): Promise<Answer> {
    switch (task.task) {
      case 'count':
        return {
          answer: 'counted',
          scene: task.scene,
          writes: await count(sceneNamed(task.scene), await this.#world(), ++this.#turn),
        };
      case 'crash': {
        const { point } = task;
        const outcome = await crash(point, sceneNamed(point.scene), await this.#world(), ++this.#turn);
        // What has gone wrong once must not go on in the next point.
        if (outcome.wrong.length > 0) await this.giveUp(`point-${point.number}`);
        return { answer: 'crashed', outcome };
      }
      case 'pause': {
        const began = performance.now();
        const pause = pauseNamed(task.name);
        const wrong = await pause.play(await this.#world(), ++this.#turn);
        if (wrong.length > 0) await this.giveUp(`pause-${task.name}`);
        return { answer: 'paused', name: task.name, tookMs: performance.now() - began, wrong };
      }
      case 'damage': {
        const tally = new Tally();
        await damage(task.part, await this.#world(), task, tally);
        return { answer: 'damaged', counts: tally.counts, wrong: tally.wrong };
      }
      case 'end':
        await this.end();
        return { answer: 'ready' };
    }
  }

  /** Ends the world; what it leaves on disk is kept where somebody asked for it. */
  async giveUp(name: string): Promise<void> {
    const folder = process.env[keepVariable];
    const dir = this.#ground?.world.dir;
    if (folder !== undefined && dir !== undefined)
      cpSync(dir, join(folder, name), { recursive: true, filter: (path) => !path.endsWith('.sock') });
    await this.end();
  }

  async end(): Promise<void> {
    const teardowns = this.#teardowns;
    this.#teardowns = [];
    this.#ground = undefined;
    for (const teardown of teardowns) await teardown();
  }

  async #world(): Promise<Ground> {
    if (this.#ground === undefined || this.#left <= 0) {
      await this.end();
      this.#ground = await Ground.make({
        teardown: (teardown) => {
          this.#teardowns.push(teardown);
        },
      });
      this.#left = tasksPerWorld;
    }
    this.#left--;
    return this.#ground;
  }
}

/** What a task is called, for people. */
export function nameOf(task: Task): string {
  switch (task.task) {
    case 'count':
      return `counting ${task.scene}`;
    case 'crash':
      return `point ${task.point.number}`;
    case 'pause':
      return `pause ${task.name}`;
    case 'damage':
      return `damage ${task.part}`;
    case 'end':
      return 'end';
  }
}

function send(answer: Answer): void {
  process.send?.(answer);
}

if (process.send !== undefined) {
  const worker = new Worker();
  process.on('disconnect', () => void worker.end().then(() => process.exit(1)));
  process.on('message', (task: Task) => {
    void worker
      .do(task)
      .catch(async (error: unknown): Promise<Answer> => {
        await worker.giveUp(nameOf(task));
        return { answer: 'failed', problem: error instanceof Error ? error.message : String(error) };
      })
      .then((answer) => {
        send(answer);
        if (task.task === 'end') process.disconnect();
      });
  });
}
