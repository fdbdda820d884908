// What a scene is: a part of the auditor's life, played in a world whose programs may be ended at any write of it. It goes on as
// operators and platforms do: whatever is asked for and got no answer is looked up, and asked for again. It ends when everything
// that was begun is done, and says what is wrong then.
import { until } from '../../scripts/demo/processes.ts';
import { patienceMs, type Ground, type Trapped } from './ground.ts';
import type { ProgramName } from './point.ts';

export interface Play {
  /** Which program is trapped, by its part in this scene. */
  readonly programs: Readonly<Partial<Record<ProgramName, Trapped>>>;
  /** Plays it to its end. Resolves with what is wrong: nothing, if all is well. */
  readonly play: () => Promise<readonly string[]>;
}

export interface Scene {
  readonly name: string;
  /** What happens, for people. */
  readonly title: string;
  /** Which of the writes of this scene are its own: others are those of other scenes, or of any idle minute. */
  readonly own: RegExp;
  /** Writes of which the second one in the scene counts as well: they come in every pass. */
  readonly repeated?: RegExp;
  /** Brings everything to where the scene begins. Traps are set between this and the play. */
  readonly prepare: (ground: Ground, turn: number) => Promise<Play>;
}

/**
 * Asks for something until it is in effect, as an operator does who gets no answer. What was answered must be in effect then,
 * whatever happened since.
 */
export async function insist(
  what: string,
  ask: () => Promise<unknown>,
  inEffect: () => Promise<boolean>,
): Promise<string[]> {
  const wrong: string[] = [];
  await until(what, patienceMs, async () => {
    const is = await inEffect().catch(() => undefined);
    if (is === true) return true;
    if (is === undefined) return undefined;
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (!answered) return undefined;
    const after = await until('an answer', patienceMs, async () => await inEffect().catch(() => undefined));
    if (!after) wrong.push(`${what} was answered, and is not in effect`);
    return after ? true : undefined;
  });
  return wrong;
}

/** Calls until it is answered. */
export async function persist<T>(what: string, call: () => Promise<T>): Promise<T> {
  return await until(what, patienceMs, async () => await call().catch(() => undefined));
}
