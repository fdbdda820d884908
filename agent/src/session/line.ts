// One stream to the coordinator, written with backpressure: what the other side does not take is not piled up here.
import { once } from 'node:events';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { encodeAgentMessage, type Plain } from '@servo-auditor/proto/encode.ts';
import type { AgentMessage } from '@servo-auditor/proto/wire.ts';

export class Line {
  readonly stream: ClientDuplexStream<Plain, unknown>;
  readonly #signal: AbortSignal;

  /** @param signal ends the wait for a stream that takes nothing. */
  constructor(stream: ClientDuplexStream<Plain, unknown>, signal: AbortSignal) {
    this.stream = stream;
    this.#signal = signal;
  }

  /** Resolves when there is room for more. Rejects when the session ends. */
  async send(message: AgentMessage): Promise<void> {
    this.#signal.throwIfAborted();
    if (!this.stream.write(encodeAgentMessage(message)))
      await once(this.stream, 'drain', { signal: this.#signal });
  }

  /** For few and small messages, in whatever state the stream is: what is lost is sent again in the next session. */
  post(message: AgentMessage): void {
    if (!this.#signal.aborted) this.stream.write(encodeAgentMessage(message));
  }
}
