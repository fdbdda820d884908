// Inside a program under test: tells every durable write to a file, and at one of them, at one moment, ends or stops the process.
//
// Which one is written in `<configuration>.trap`, which is read again at every write, so that a running program can be trapped.
// What was written is appended to `<configuration>.writes`, a line of JSON each. What happens at a trap happens between two
// system calls of the program itself: nothing else of it runs in between.
import fs from 'node:fs';

export const moments = ['before', 'torn', 'after', 'checkpoint'] as const;
/**
 * `before` the write, with half of it done (`torn`), `after` it and before anything else; `checkpoint`: after it, with half of
 * what it made SQLite move from its log into the main file.
 */
export type Moment = (typeof moments)[number];
export type Deed = 'kill' | 'pause';

/** Where a program is to be ended or stopped. */
export interface Trap {
  /** Another one counts anew. */
  readonly id: string;
  /** A `*` stands for anything: what else is written in the same transaction differs from run to run. */
  readonly place: string;
  readonly moment: Moment;
  /** The how manieth write of this place since the trap was set, from 1. */
  readonly occurrence: number;
  readonly deed: Deed;
}

/** A line of `.writes`: a durable write that is about to happen, or a trap that has closed. */
export type Told =
  | { readonly told: 'write'; readonly place: string; readonly moments: readonly Moment[] }
  | { readonly told: 'trapped'; readonly id: string; readonly pid: number };

export const trapFile = (configFile: string): string => `${configFile}.trap`;
/** While it is there, a coordinator lets others have its state open as well, as only a database with several leaders does. */
export const sharedFile = (configFile: string): string => `${configFile}.shared`;
export const toldFile = (configFile: string): string => `${configFile}.writes`;

/** As they were before anything was wrapped. */
export const raw = { ...fs };

export class Trapper {
  readonly #trap: string;
  readonly #told: string;
  #id = '';
  /** Writes of the place since the trap was set. */
  #count = 0;
  readonly isShared: boolean;

  constructor(configFile: string) {
    this.isShared = raw.existsSync(sharedFile(configFile));
    this.#trap = trapFile(configFile);
    this.#told = toldFile(configFile);
  }

  /** A write is about to happen: at which moment of it this process is to end. Undefined: at none. */
  comes(place: string, possible: readonly Moment[]): Moment | undefined {
    this.#tell({ told: 'write', place, moments: possible });
    const trap = this.#set();
    if (trap === undefined) return undefined;
    if (trap.id !== this.#id) {
      this.#id = trap.id;
      this.#count = 0;
    }
    if (!isAt(trap.place, place)) return undefined;
    return ++this.#count === trap.occurrence ? trap.moment : undefined;
  }

  /** The trap closes. Returns only when this process was stopped and told to go on. */
  close(): void {
    const trap = this.#set();
    if (trap === undefined) throw new Error('no trap is set');
    this.#tell({ told: 'trapped', id: trap.id, pid: process.pid });
    // Whoever waits for it may have removed it already.
    raw.rmSync(this.#trap, { force: true });
    switch (trap.deed) {
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        // The signal is on its way.
        for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
      case 'pause':
        process.kill(process.pid, 'SIGSTOP');
    }
  }

  #set(): Trap | undefined {
    try {
      return JSON.parse(raw.readFileSync(this.#trap, 'utf8')) as Trap;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #tell(told: Told): void {
    raw.appendFileSync(this.#told, `${JSON.stringify(told)}\n`);
  }
}

function isAt(trapped: string, place: string): boolean {
  const [head = '', tail] = trapped.split('*');
  return tail === undefined ? place === head : place.startsWith(head) && place.endsWith(tail);
}
