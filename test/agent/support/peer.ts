// The other side of an agent: a real gRPC server with mutual TLS, which says what a test lets it say and notes what it hears.
import { Server, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeBytes, orderBytes, sha256Hex, yesBytes } from '@servo-auditor/proto/canonical.ts';
import { decodeAgentMessage, decodeConfirmRequest } from '@servo-auditor/proto/decode.ts';
import { encodeConfirmReply, encodeCoordinatorMessage } from '@servo-auditor/proto/encode.ts';
import { parseEpoch, parseId, type HostId, type Nonce, type OrderId } from '@servo-auditor/proto/ids.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import { orderSigner } from '@servo-auditor/proto/sign.ts';
import { readTls, serverCredentials, serverOptions, type TlsFiles } from '@servo-auditor/proto/tls.ts';
import type {
  AgentMessage,
  ConfirmReply,
  ConfirmRequest,
  CoordinatorMessage,
  Hello,
  Order,
  Receipt,
  Servo,
  Welcome,
  Yes,
} from '@servo-auditor/proto/wire.ts';

type Stream = ServerDuplexStream<unknown, unknown>;
export const decisionHash = sha256Hex('decision 7');

export class Peer {
  readonly orderKey: string;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  address = '';
  epoch = 3;
  installation = 'main';
  intervalMs = 100;
  decision = { version: 7, hash: decisionHash };
  /** What this chain holds at the agent's mark; undefined: what the agent says. */
  hashAtYours: Welcome['hashAtYours'] | 'absent' = undefined;
  /** Instead of a welcome. */
  goodbye: { code: string; message: string; retryAfterMs?: number } | undefined;
  /** Answers to heartbeats and snapshots; a test may stop them. */
  asks = true;
  acks = true;
  answer: (question: ConfirmRequest) => Promise<ConfirmReply> = (q) => Promise.resolve(this.yesTo(q));
  readonly hellos: Hello[] = [];
  readonly heard: AgentMessage[] = [];
  readonly receipts: Receipt[] = [];
  readonly questions: ConfirmRequest[] = [];
  /** The inventory as the heard messages make it. */
  inventory: Servo[] = [];
  snapshots = 0;
  reports = 0;
  agentNonce: Nonce | undefined;
  #stream: Stream | undefined;
  #full = false;
  readonly #server = new Server(serverOptions());

  constructor(directory: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.sign = orderSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    this.orderKey = join(directory, 'order.pub');
    writeFileSync(this.orderKey, publicKey.export({ type: 'spki', format: 'pem' }));
  }

  async listen(files: TlsFiles, port = 0): Promise<void> {
    this.#server.addService(agentService, {
      session: (stream: Stream) => this.#serve(stream),
      confirm: (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => {
        const question = decodeConfirmRequest(call.request);
        this.questions.push(question);
        this.answer(question).then(
          (answer) => reply(null, encodeConfirmReply(answer)),
          (error: Error) => reply({ code: 14, details: error.message }),
        );
      },
    });
    const bound = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(`localhost:${port}`, serverCredentials(readTls(files)), (error, at) =>
        error === null ? resolve(at) : reject(error),
      ),
    );
    this.address = `localhost:${bound}`;
  }

  close(): void {
    this.#server.forceShutdown();
  }

  send(message: CoordinatorMessage): void {
    this.#stream?.write(encodeCoordinatorMessage(message));
  }

  /** Something that no coordinator of this protocol says. */
  sendRaw(message: Readonly<Record<string, unknown>>): void {
    this.#stream?.write(message);
  }

  /** Ends the session without a word. */
  hangUp(): void {
    this.#stream?.end();
  }

  order(more: Partial<Order> & Pick<Order, 'uid' | 'incarnation' | 'identity'>): Order {
    if (this.agentNonce === undefined) throw new Error('no nonce of the agent yet');
    return {
      id: parseId('order', `o-${randomBytes(4).toString('hex')}`),
      installation: parseId('installation', this.installation),
      host: parseId('host', 'h-1'),
      epoch: parseEpoch(this.epoch),
      decision: this.decision,
      action: 'stop',
      agentNonce: this.agentNonce,
      livesMs: 60_000,
      acknowledged: [],
      reason: 'orphan',
      ...more,
    };
  }

  sendOrder(order: Order): void {
    this.send({ kind: 'order', order: { ...order, signature: this.sign(orderBytes(order)) } });
  }

  sendClose(id: OrderId, host: HostId = parseId('host', 'h-1')): void {
    const close = {
      id,
      host,
      installation: parseId('installation', this.installation),
      epoch: parseEpoch(this.epoch),
    };
    this.send({ kind: 'closeOrder', close: { ...close, signature: this.sign(closeBytes(close)) } });
  }

  yesTo({ orderId, epoch, bootId, nonce }: ConfirmRequest, more: Partial<Yes> = {}): ConfirmReply {
    const yes = { orderId, epoch, bootId, nonce, ...more };
    return { kind: 'yes', yes: { ...yes, signature: this.sign(yesBytes(yes)) } };
  }

  askFull(): void {
    this.#full = true;
    this.#ask();
  }

  #serve(stream: Stream): void {
    this.#stream = stream;
    stream.on('error', () => undefined);
    stream.on('end', () => stream.end());
    stream.on('data', (raw: unknown) => this.#hear(decodeAgentMessage(raw)));
  }

  #hear(message: AgentMessage): void {
    this.heard.push(message);
    switch (message.kind) {
      case 'hello':
        this.hellos.push(message.hello);
        return this.#greet(message.hello);
      case 'snapshotBegin':
        this.inventory = [];
        this.agentNonce = message.begin.agentNonce;
        return;
      case 'snapshotChunk':
        this.inventory.push(...message.servos);
        return;
      case 'snapshotEnd':
        this.snapshots++;
        return this.#reported();
      case 'heartbeat':
        this.agentNonce = message.heartbeat.agentNonce;
        for (const { index, ...change } of message.heartbeat.changes) {
          const servo = this.inventory[index];
          if (servo !== undefined) this.inventory[index] = { ...servo, ...change };
        }
        return this.#reported();
      case 'receipt':
        this.receipts.push(message.receipt);
        if (this.acks) this.send({ kind: 'receiptAck', orderId: message.receipt.orderId });
    }
  }

  #greet(hello: Hello): void {
    if (this.goodbye !== undefined) return this.send({ kind: 'goodbye', goodbye: this.goodbye });
    const known = this.hashAtYours ?? hello.highestDecision?.hash;
    this.send({
      kind: 'welcome',
      welcome: {
        protocol: 1,
        installation: parseId('installation', this.installation),
        cell: parseId('cell', 'c1'),
        epoch: parseEpoch(this.epoch),
        decision: this.decision,
        ...(known === undefined || known === 'absent' ? {} : { hashAtYours: known }),
        heartbeatIntervalMs: this.intervalMs,
        ask: { nonce: newNonce(), full: true, decision: this.decision },
      },
    });
  }

  #reported(): void {
    this.reports++;
    if (this.asks) this.#ask();
  }

  #ask(): void {
    const full = this.#full;
    this.#full = false;
    this.send({ kind: 'ask', ask: { nonce: newNonce(), full, decision: this.decision } });
  }
}

function newNonce(): Nonce {
  return parseId('nonce', randomBytes(16).toString('hex'));
}
