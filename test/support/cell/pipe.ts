// One session without a network: what each side says goes through the bytes of the wire, and whoever sends can wait until all
// of it was taken.
import { decodeCoordinatorMessage } from '@servo-auditor/proto/decode.ts';
import { encodeAgentMessage } from '@servo-auditor/proto/encode.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import type { AgentMessage, CoordinatorMessage } from '@servo-auditor/proto/wire.ts';
import type { MethodDefinition } from '@grpc/grpc-js';

const session = agentService['Session'] as MethodDefinition<unknown, unknown>;

/** The coordinator's end: what `serveSession` takes for a stream of grpc. */
export class Pipe implements AsyncIterable<unknown> {
  /** The agent has hung up. */
  cancelled = false;
  readonly #inbox: unknown[] = [];
  readonly #hear: (message: CoordinatorMessage) => void;
  #over = false;
  #wake: (() => void) | undefined;
  #idle: (() => void)[] = [];

  constructor(hear: (message: CoordinatorMessage) => void) {
    this.#hear = hear;
  }

  /** The agent says something. */
  send(message: AgentMessage): void {
    if (this.#over) return;
    this.#inbox.push(session.requestDeserialize(session.requestSerialize(encodeAgentMessage(message))));
    this.#wake?.();
  }

  get open(): boolean {
    return !this.#over;
  }

  /** The agent hangs up. */
  hangUp(): void {
    this.cancelled = true;
    this.end();
  }

  /** Resolves when the coordinator has taken everything, or has ended the session. */
  async drained(): Promise<void> {
    if (this.#over || (this.#inbox.length === 0 && this.#wake !== undefined)) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  // What the coordinator calls.
  write(plain: unknown): void {
    if (this.#over) return;
    this.#hear(decodeCoordinatorMessage(session.responseDeserialize(session.responseSerialize(plain))));
  }

  end(): void {
    this.#over = true;
    this.#wake?.();
    this.#rest();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator {
    for (;;) {
      const next = this.#inbox.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      if (this.#over) return;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#rest();
      await woken;
      this.#wake = undefined;
    }
  }

  #rest(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
