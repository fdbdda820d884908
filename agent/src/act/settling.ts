// What goes with the state of each servo that the journal keeps is made sure of once after every start of the agent, and again
// for as long as the engine does not take it: nothing may bring a quarantined servo back, and one that was not stopped after
// all has what it had before. So neither a crash in the middle of an act nor an engine that was away leaves half of it behind.
import type { Context } from './context.ts';
import type { KeptServo } from './entries.ts';

export class Settling {
  /** Order and state that were made sure of. */
  readonly #settled = new Set<string>();
  readonly #context: Pick<Context, 'actor' | 'journal' | 'log'>;

  constructor(context: Pick<Context, 'actor' | 'journal' | 'log'>) {
    this.#context = context;
  }

  isDue(): boolean {
    return this.#due().length > 0;
  }

  /** One try for each; what fails stays due. Rejects only for a broken invariant. */
  async run(): Promise<void> {
    const { actor, log } = this.#context;
    for (const kept of this.#due()) {
      const { uid, launch, order } = kept.intent;
      const unsettled = await actor.settle(launch, stateOf(kept));
      if (unsettled === undefined) this.#settled.add(keyOf(kept));
      else log.warn({ event: 'servo.unsettled', order, uid, message: unsettled });
    }
  }

  #due(): readonly KeptServo[] {
    const all = [...this.#context.journal.view.kept].filter((kept) => 'by' in kept.intent.launch);
    const keys = new Set(all.map(keyOf));
    // What is no longer kept needs no memory.
    for (const key of this.#settled) if (!keys.has(key)) this.#settled.delete(key);
    return all.filter((kept) => !this.#settled.has(keyOf(kept)));
  }
}

function stateOf({ certain }: KeptServo): 'kept' | 'running' {
  return certain ? 'kept' : 'running';
}

function keyOf(kept: KeptServo): string {
  return `${kept.intent.order} ${stateOf(kept)}`;
}
