// A campaign: what is tried, by how many worlds at a time, and what came of it.
import { merged } from './count.ts';
import { work } from './crew.ts';
import { damageParts, type DamagePart } from './damage/parts.ts';
import type { Counts } from './damage/tally.ts';
import { pauses } from './pauses.ts';
import { knownWrites, pointsOf, type Point, type Write } from './point.ts';
import type { Outcome } from './run.ts';
import { scenes } from './scenes/index.ts';
import {
  damageLines,
  outcomeHead,
  outcomeLines,
  pauseLines,
  problemLines,
  sceneLines,
  type SceneRow,
} from './table.ts';
import { nameOf, type Answer, type Task } from './worker.ts';

export interface Extent {
  readonly jobs: number;
  /** Which points are crashed, by their numbers. */
  readonly points: (number: number) => boolean;
  /** Which pauses; absent: all. */
  readonly pauses: readonly string[] | undefined;
  /** How many files of each kind are damaged; 0: none. */
  readonly damage: number;
  /** Which parts of the damage; absent: all. */
  readonly parts?: readonly DamagePart[];
  readonly seed: number;
}

export class Campaign {
  readonly #say: (line: string) => void;
  #writes: readonly Write[] = knownWrites();
  readonly #known = this.#writes.length;
  readonly outcomes: Outcome[] = [];
  /** What could not be tried at all. */
  readonly problems: string[] = [];
  readonly #pauses: { readonly name: string; readonly wrong: readonly string[] }[] = [];
  #damage: Counts = {};
  readonly #damageWrong: string[] = [];
  readonly #failed = new Set<Task>();
  #seed = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** All writes that are known, and behind them those that were counted and are new. */
  get writes(): readonly Write[] {
    return this.#writes;
  }

  get points(): readonly Point[] {
    return pointsOf(this.#writes);
  }

  /** Plays every scene undisturbed, and adds what it writes. */
  async count(jobs: number): Promise<void> {
    const queue = scenes.map((scene): Task => ({ task: 'count', scene: scene.name }));
    await work(queue, jobs, (task, answer) => this.#take(task, answer));
  }

  async run({ jobs, points, pauses: chosen, damage, parts = damageParts, seed }: Extent): Promise<void> {
    this.#seed = seed;
    const names = pauses.map(({ name }) => name).filter((name) => chosen?.includes(name) ?? true);
    const queue: Task[] = [
      ...this.points.filter(({ number }) => points(number)).map((point): Task => ({ task: 'crash', point })),
      ...names.map((name): Task => ({ task: 'pause', name })),
      ...(damage === 0 ? [] : parts).map((part): Task => ({
        task: 'damage',
        part,
        seed,
        each: damage,
      })),
    ];
    this.#say(outcomeHead);
    await work(queue, jobs, (task, answer) => this.#take(task, answer));
  }

  result() {
    const failed =
      this.outcomes.filter(({ wrong }) => wrong.length > 0).length +
      this.#pauses.filter(({ wrong }) => wrong.length > 0).length +
      this.#damageWrong.length +
      this.problems.length;
    return {
      points: this.outcomes.length,
      killed: this.outcomes.filter(({ killed }) => killed).length,
      failed,
      pauses: this.#pauses.length,
      scenes: this.#scenes(),
      damage: this.#damage,
      approvals: this.outcomes.reduce((sum, { approvals }) => sum + approvals, 0),
      unlisted: this.#writes.length - this.#known,
    };
  }

  /** The last lines, for people. */
  summary(): readonly string[] {
    const { points, killed, failed, pauses: paused, unlisted, approvals } = this.result();
    const lines = [...sceneLines(this.#scenes()), ...damageLines(this.#damage)];
    const again = this.#again();
    if (again !== '') lines.push(`again: npm run crash -- ${again}`);
    if (unlisted > 0)
      lines.push(`${unlisted} writes are not in test/crash/points.json: npm run crash -- --list --write`);
    if (approvals > 0)
      lines.push(`${approvals} times a crash had capped the evidence, and an operator approved`);
    lines.push(
      `${this.points.length} crash points; ${points} tried, ${killed} killed there; ${paused} pauses; ${failed} failed`,
    );
    return lines;
  }

  #scenes(): readonly SceneRow[] {
    return scenes.flatMap(({ name, title }) => {
      const outcomes = this.outcomes.filter(({ point }) => point.scene === name);
      if (outcomes.length === 0) return [];
      return [
        {
          scene: name,
          title,
          points: outcomes.length,
          killed: outcomes.filter(({ killed }) => killed).length,
          failed: outcomes.filter(({ wrong }) => wrong.length > 0).length,
        },
      ];
    });
  }

  /** The words that try once more what has failed. */
  #again(): string {
    const words = new Map<string, (string | number)[]>();
    const add = (word: string, what: string | number): unknown =>
      words.set(word, [...(words.get(word) ?? []), what]);
    for (const task of this.#failed)
      if (task.task === 'crash') add('--point', task.point.number);
      else if (task.task === 'pause') add('--pause', task.name);
      else if (task.task === 'damage') add('--damage', task.part);
    if (words.has('--damage')) add('--seed', this.#seed);
    return [...words].map(([word, some]) => `${word} ${some.join(',')}`).join(' ');
  }

  #take(task: Task, answer: Answer): void {
    switch (answer.answer) {
      case 'ready':
        return;
      case 'failed': {
        const problem = `${nameOf(task)}: ${answer.problem}`;
        this.problems.push(problem);
        this.#failed.add(task);
        return this.#tell(problemLines(problem));
      }
      case 'counted':
        this.#writes = merged(this.#writes, answer.writes);
        return;
      case 'crashed':
        this.outcomes.push(answer.outcome);
        if (answer.outcome.wrong.length > 0) this.#failed.add(task);
        return this.#tell(outcomeLines(answer.outcome));
      case 'paused':
        this.#pauses.push(answer);
        if (answer.wrong.length > 0) this.#failed.add(task);
        return this.#tell(pauseLines(answer));
      case 'damaged':
        this.#damage = { ...this.#damage, ...answer.counts };
        this.#damageWrong.push(...answer.wrong);
        if (answer.wrong.length > 0) this.#failed.add(task);
        return this.#tell(answer.wrong.flatMap(problemLines));
    }
  }

  #tell(lines: readonly string[]): void {
    for (const line of lines) this.#say(line);
  }
}
