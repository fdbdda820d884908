// An agent's end of the wire with nothing behind it: says what a test tells it to say, also what no agent would.
import { Client, type ClientDuplexStream, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { randomBytes } from 'node:crypto';
import { inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import { decodeConfirmReply, decodeCoordinatorMessage } from '@servo-auditor/proto/decode.ts';
import { encodeAgentMessage, encodeConfirmRequest } from '@servo-auditor/proto/encode.ts';
import { parseId, type Nonce } from '@servo-auditor/proto/ids.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import { channelOptions, clientCredentials, readTls } from '@servo-auditor/proto/tls.ts';
import type {
  AgentMessage,
  Ask,
  ConfirmReply,
  ConfirmRequest,
  CoordinatorMessage,
  Goodbye,
  Heartbeat,
  Hello,
  Servo,
  SnapshotBegin,
} from '@servo-auditor/proto/wire.ts';
import { digest, generation, readerVersion } from './build.ts';
import { aServo } from './fleet.ts';
import { Heard } from './heard.ts';
import type { Served } from './lead.ts';

const session = agentService['Session'] as MethodDefinition<unknown, unknown>;
const question = agentService['Confirm'] as MethodDefinition<unknown, unknown>;
const same = (bytes: Buffer): Buffer => bytes;

/** How a stream ended. */
export interface StreamEnd {
  readonly code: number;
  readonly details: string;
}

export const bootId = parseId('boot', 'boot-1');

export class RawAgent {
  readonly heard = new Heard<CoordinatorMessage>();
  readonly ended = new Heard<StreamEnd>();
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<Buffer, Buffer>;

  constructor(client: Client) {
    this.#client = client;
    this.#stream = client.makeBidiStreamRequest<Buffer, Buffer>(session.path, same, same);
    this.#stream.on('data', (bytes: Buffer) =>
      this.heard.push(decodeCoordinatorMessage(session.responseDeserialize(bytes))),
    );
    this.#stream.on('status', ({ code, details }: StreamEnd) => this.ended.push({ code, details }));
    this.#stream.on('error', () => undefined);
  }

  send(message: AgentMessage): void {
    this.sendBytes(session.requestSerialize(encodeAgentMessage(message)));
  }

  sendBytes(bytes: Buffer): void {
    this.#stream.write(bytes);
  }

  hello(more: Partial<Hello> = {}): void {
    this.send({
      kind: 'hello',
      hello: {
        protocolMin: 1,
        protocolMax: 1,
        agentVersion: '0.1.0',
        bootId,
        generation,
        readerVersion,
        journal: mark(1),
        demo: false,
        ...more,
      },
    });
  }

  async welcome() {
    const message = await this.heard.until('the welcome', (m) => m.kind === 'welcome');
    if (message.kind !== 'welcome') throw new Error(message.kind);
    return message.welcome;
  }

  async goodbye(): Promise<Goodbye> {
    const message = await this.heard.until('a goodbye', (m) => m.kind === 'goodbye');
    if (message.kind !== 'goodbye') throw new Error(message.kind);
    return message.goodbye;
  }

  async over(): Promise<StreamEnd> {
    return await this.ended.until('the end of the stream', () => true);
  }

  /** All questions that came so far. */
  get asks(): readonly Ask[] {
    return this.heard.all.flatMap((m) =>
      m.kind === 'welcome' ? [m.welcome.ask] : m.kind === 'ask' ? [m.ask] : [],
    );
  }

  /** The `n`-th question, from 0, when it has come. */
  async ask(n: number): Promise<Ask> {
    await this.heard.until(`question ${n}`, () => this.asks.length > n);
    return this.asks[n] as Ask;
  }

  /** Says hello, is welcomed, and sends these servos. Resolves when the next question has come. */
  async report(uids: readonly string[], more: Partial<Hello> = {}): Promise<void> {
    this.hello(more);
    const { ask } = await this.welcome();
    this.snapshot(ask.nonce, uids, more.journal === undefined ? {} : { journal: more.journal });
    await this.ask(1);
  }

  snapshot(echoNonce: Nonce, uids: readonly string[], more: Partial<SnapshotBegin> = {}): void {
    this.begin(echoNonce, uids, more);
    if (uids.length > 0) this.send({ kind: 'snapshotChunk', servos: servosOf(uids) });
    this.send({ kind: 'snapshotEnd' });
  }

  begin(echoNonce: Nonce, uids: readonly string[], more: Partial<SnapshotBegin> = {}): void {
    this.send({ kind: 'snapshotBegin', begin: { ...said(echoNonce, uids), problems: [], ...more } });
  }

  heartbeat(echoNonce: Nonce, uids: readonly string[], more: Partial<Heartbeat> = {}): void {
    this.send({ kind: 'heartbeat', heartbeat: { ...said(echoNonce, uids), changes: [], ...more } });
  }

  /** Asks for a yes. Rejects with the status when the call as such is refused. */
  async confirm(request: ConfirmRequest): Promise<ConfirmReply> {
    const bytes = question.requestSerialize(encodeConfirmRequest(request));
    return await new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        question.path,
        same,
        same,
        bytes,
        (error: ServiceError | null, reply?: Buffer) => {
          if (error !== null) reject(error);
          else resolve(decodeConfirmReply(question.responseDeserialize(reply ?? Buffer.alloc(0))));
        },
      );
    });
  }

  hangUp(): void {
    this.#stream.cancel();
  }
}

/** A stream of its own, over a connection of its own, with the certificate of a host of this cell. */
export async function aRawAgent(
  t: { teardown(done: () => void): void },
  served: Served,
  host = 'h1',
  files = served.host(host),
): Promise<RawAgent> {
  const client = new Client(served.address, clientCredentials(readTls(await files)), {
    ...channelOptions(),
    'grpc.max_send_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  });
  t.teardown(() => client.close());
  return new RawAgent(client);
}

export function mark(sequence: number, hash = digest) {
  return { sequence, hash };
}

export function aNonce(): Nonce {
  return parseId('nonce', randomBytes(16).toString('hex'));
}

export function servosOf(uids: readonly string[]): readonly Servo[] {
  return uids.toSorted().map((uid) => aServo({ uid }));
}

function said(echoNonce: Nonce, uids: readonly string[]) {
  const servos = servosOf(uids);
  return {
    echoNonce,
    digest: inventoryDigest(generation, servos),
    count: servos.length,
    agentNonce: aNonce(),
    journal: mark(1),
  };
}
