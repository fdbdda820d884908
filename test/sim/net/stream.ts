// One session between an agent and a coordinator: what both sides take for a stream of grpc. Every message goes through the
// bytes of the wire.
import { EventEmitter } from 'node:events';
import { agentService } from '@servo-auditor/proto/load.ts';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Loop, Proc } from '../kernel/loop.ts';
import type { Lane } from './lane.ts';

const session = agentService['Session'] as MethodDefinition<unknown, unknown>;

export interface StreamGiven {
  readonly loop: Loop;
  readonly agent: Proc;
  readonly coordinator: Proc;
  readonly up: Lane;
  readonly down: Lane;
  /** Plain messages as they are sent. */
  readonly onUp: (plain: unknown) => void;
  readonly onDown: (plain: unknown) => void;
}

/** How long until one side learns that the process on the other has ended, in milliseconds. */
const resetMs = 20;

export class Connection {
  readonly client: ClientEnd;
  readonly server: ServerEnd;

  constructor(given: StreamGiven) {
    this.client = new ClientEnd(given, this);
    this.server = new ServerEnd(given, this);
    const { agent, coordinator, up, down } = given;
    // No stream goes on that has lost a part of itself: whoever sends next finds out, and so does the other side.
    for (const lane of [up, down])
      lane.onBroken = () => {
        lane.onBroken = undefined;
        given.loop.after(resetMs, coordinator, () => this.server.hungUp());
        given.loop.after(resetMs, agent, () => this.client.broken('the connection was reset'));
      };
    agent.onKill.push(() => given.loop.after(resetMs, coordinator, () => this.server.hungUp()));
    coordinator.onKill.push(() =>
      given.loop.after(resetMs, agent, () => this.client.broken('the connection was reset')),
    );
  }
}

/** What the agent has of it. */
export class ClientEnd extends EventEmitter {
  readonly #given: StreamGiven;
  readonly #connection: Connection;
  #over = false;

  constructor(given: StreamGiven, connection: Connection) {
    super();
    this.#given = given;
    this.#connection = connection;
  }

  write(plain: unknown): boolean {
    const { agent, up, coordinator, onUp } = this.#given;
    if (this.#over || !agent.alive) return true;
    const bytes = session.requestSerialize(plain);
    onUp(plain);
    up.send(coordinator, () => this.#connection.server.take(bytes));
    return true;
  }

  end(): void {
    this.cancel();
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    const { up, coordinator } = this.#given;
    up.send(coordinator, () => this.#connection.server.hungUp());
  }

  hear(bytes: Buffer): void {
    if (this.#over) return;
    const plain: unknown = session.responseDeserialize(bytes);

    this.emit('data', plain);
  }

  ended(): void {
    if (!this.#over) this.emit('end');
  }

  broken(why: string): void {
    if (!this.#over) this.emit('error', new Error(why));
  }
}

/** What the coordinator has of it. */
export class ServerEnd implements AsyncIterable<unknown> {
  /** The agent has hung up. */
  cancelled = false;
  /** Called with each message as the coordinator takes it. */
  onTake: (plain: unknown) => void = () => undefined;
  readonly #given: StreamGiven;
  readonly #connection: Connection;
  readonly #inbox: unknown[] = [];
  #over = false;
  #wake: (() => void) | undefined;

  constructor(given: StreamGiven, connection: Connection) {
    this.#given = given;
    this.#connection = connection;
  }

  take(bytes: Buffer): void {
    if (this.#over) return;
    this.#inbox.push(session.requestDeserialize(bytes));
    this.#wake?.();
  }

  hungUp(): void {
    this.cancelled = true;
    this.#over = true;
    this.#wake?.();
  }

  write(plain: unknown): void {
    const { coordinator, down, agent, onDown } = this.#given;
    if (this.#over || !coordinator.alive) return;
    const bytes = session.responseSerialize(plain);
    onDown(plain);
    down.send(agent, () => this.#connection.client.hear(bytes));
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#wake?.();
    const { down, agent } = this.#given;
    down.send(agent, () => this.#connection.client.ended());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator {
    for (;;) {
      const next = this.#inbox.shift();
      if (next !== undefined) {
        this.onTake(next);
        yield next;
        continue;
      }
      if (this.#over) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
