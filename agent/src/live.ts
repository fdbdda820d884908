// What of a running agent can be renewed without ending it: its certificates, the order keys, where its coordinator is, the local
// limits, and how much it logs. SIGHUP reads the configuration and the files that it names, and checks all of it as a whole: if
// anything is wrong, everything stays as it was. What cannot be renewed is named, and waits for a restart, which stops no servo.
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Plain } from '@servo-auditor/proto/encode.ts';
import type { AgentClient } from '@servo-auditor/proto/load.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { ConfirmReply, ConfirmRequest } from '@servo-auditor/proto/wire.ts';
import { limitsOf } from './bench.ts';
import { loadConfig, type Config } from './config.ts';
import type { LocalLimits } from './judge/facts.ts';
import { readPapers, type Papers } from './papers.ts';
import { ask, connect } from './session/connect.ts';

/** Options that are taken over at once. */
const renewable: readonly (keyof Config)[] = ['coordinator', 'tls', 'orderKeys', 'limits', 'log'];

export class Live {
  readonly host: Papers['host'];
  /** The same object for as long as the agent runs. */
  readonly limits: LocalLimits;
  readonly #log: Logger;
  #config: Config;
  #papers: Papers;
  #client: AgentClient;
  #stream: ClientDuplexStream<Plain, unknown> | undefined;

  /** Throws `TlsUnfit`. */
  constructor(config: Config, log: Logger) {
    this.#log = log;
    this.#config = config;
    this.#papers = readPapers(config);
    this.host = this.#papers.host;
    this.limits = limitsOf(config);
    this.#client = connect(config.coordinator.address, this.#papers.tls, config.coordinator.uri);
  }

  session(): ClientDuplexStream<Plain, unknown> {
    this.#stream = this.#client.session();
    return this.#stream;
  }

  ask(question: ConfirmRequest, timeoutMs: number): Promise<ConfirmReply> {
    return ask(this.#client, question, timeoutMs);
  }

  verify(bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.#papers.verify(bytes, signature);
  }

  close(): void {
    this.#client.close();
  }

  /**
   * Reads the file again. Never throws.
   * @param idle resolves when nothing that was begun still asks the coordinator.
   */
  reload(file: string, idle: () => Promise<void>): void {
    const log = this.#log;
    try {
      const read = loadConfig(file);
      const { coordinator, tls, orderKeys, limits } = read;
      const next: Config = { ...this.#config, coordinator, tls, orderKeys, limits, log: read.log };
      const papers = readPapers(next);
      if (papers.host !== this.host)
        throw new Error(
          `${tls.cert}: is of host ${papers.host}, this agent runs as ${this.host}: restart it`,
        );
      const waiting = Object.keys(read).filter(
        (key) => !renewable.some((name) => name === key) && differ(read, this.#config, key),
      );
      this.#take(next, papers, idle);
      log.info({ event: 'config.reloaded', file, renewed: renewable });
      if (waiting.length > 0) log.warn({ event: 'config.needs-restart', file, options: waiting });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      log.error({ event: 'config.not-reloaded', file, problem });
    }
  }

  #take(next: Config, papers: Papers, idle: () => Promise<void>): void {
    const { address, uri } = next.coordinator;
    const client = connect(address, papers.tls, uri);
    const before = this.#client;
    const stream = this.#stream;
    this.#config = next;
    this.#papers = papers;
    this.#client = client;
    Object.assign(this.limits, limitsOf(next));
    this.#log.level = next.log;
    // The session ends as any that breaks, and the next one is made with the new certificates; a question that was asked on the
    // old connection may still be answered there.
    stream?.cancel();
    void idle().finally(() => before.close());
  }
}

function differ(a: object, b: object, key: string): boolean {
  return JSON.stringify(Reflect.get(a, key)) !== JSON.stringify(Reflect.get(b, key));
}
