// One agent's session: hello, welcome, then reports in and orders out. What the host says is taken one message at a time, in
// order; what does not decode or does not fit ends the session, and changes nothing that is believed of the host.
import { randomBytes } from 'node:crypto';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { decodeAgentMessage, Malformed } from '@servo-auditor/proto/decode.ts';
import { encodeCoordinatorMessage } from '@servo-auditor/proto/encode.ts';
import { parseId, type HostId, type Nonce } from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import type {
  AgentMessage,
  CoordinatorMessage,
  Heartbeat,
  Hello,
  Receipt,
} from '@servo-auditor/proto/wire.ts';
import type { Coordinator } from '../coordinator.ts';
import { welcomeFor, type HostPeer, type Refusal } from './greet.ts';
import { Inbox, OutOfPlace } from './inbox.ts';
import { Nonces } from './nonces.ts';
import type { Line } from './sessions.ts';

/** Inventories in a row that may fail their digest before the session is ended. */
const maxBadSnapshots = 3;

/** How long an agent stays away whose host id another one used: not so short that two of them do nothing but call. */
const rivalPauseMs = 10_000;

type Stream = ServerDuplexStream<unknown, unknown>;

/** Serves one session until either side ends it. Never rejects. */
export async function serveSession(stream: Stream, peer: HostPeer, coordinator: Coordinator): Promise<void> {
  const session = new AgentSession(stream, peer, coordinator);
  // Not `for await`: whoever leaves that destroys the stream, and with it the goodbye that is on its way.
  const messages: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  try {
    while (!session.ended) {
      const next = await messages.next();
      if (next.done === true) break;
      await session.take(decodeAgentMessage(next.value));
    }
  } catch (error) {
    session.fail(error);
  } finally {
    session.close();
  }
}

class AgentSession implements Line {
  readonly host: HostId;
  agentNonce: Nonce | undefined;
  ended = false;
  /**
   * When a newer session of the same host began. What this one still says is older than what that one says, and is not heard; an
   * answer to a later question proves that two agents live.
   */
  #rivalSince: Instant | undefined;
  #welcomed = false;
  #badSnapshots = 0;
  #leave: (() => void) | undefined;
  readonly #stream: Stream;
  readonly #peer: HostPeer;
  readonly #coordinator: Coordinator;
  readonly #nonces = new Nonces();
  readonly #inbox = new Inbox();

  constructor(stream: Stream, peer: HostPeer, coordinator: Coordinator) {
    this.#stream = stream;
    this.#peer = peer;
    this.#coordinator = coordinator;
    this.host = peer.id;
  }

  async take(message: AgentMessage): Promise<void> {
    if (message.kind === 'hello') return await this.#hello(message.hello);
    if (!this.#welcomed) throw new OutOfPlace(`${message.kind} before hello`);
    switch (message.kind) {
      case 'snapshotBegin':
        return this.#inbox.begin(message.begin);
      case 'snapshotChunk':
        return this.#inbox.chunk(message.servos);
      case 'snapshotEnd':
        return this.#snapshot();
      case 'heartbeat':
        return this.#heartbeat(message.heartbeat);
      case 'receipt':
        return await this.#receipt(message.receipt);
    }
  }

  /** A newer session of this host has begun. If this one still answers questions, two agents share one host id. */
  rival(since: Instant): void {
    this.#rivalSince = since;
    this.ask(false);
  }

  /** Before its welcome an agent understands nothing but a goodbye: what else there is for it comes again later. */
  send(message: CoordinatorMessage): void {
    if (this.ended || (!this.#welcomed && message.kind !== 'goodbye')) return;
    this.#stream.write(encodeCoordinatorMessage(message));
  }

  ask(full: boolean): void {
    const nonce = this.#nextNonce();
    this.send({ kind: 'ask', ask: { nonce, full, decision: this.#coordinator.decision() } });
  }

  end(code: string, message: string, retryAfterMs?: number): void {
    this.send({
      kind: 'goodbye',
      goodbye: { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    });
    this.ended = true;
    this.#stream.end();
  }

  fail(error: unknown): void {
    const { log } = this.#coordinator;
    if (error instanceof Malformed || error instanceof OutOfPlace) {
      log.warn({ event: 'session.malformed', host: this.host, problem: error.message });
      this.end('malformed', error.message.slice(0, 500));
    } else {
      log.info({ event: 'session.broken', host: this.host, problem: String(error) });
      this.end('broken', 'the coordinator could not go on with this session; call again');
    }
  }

  close(): void {
    this.#leave?.();
    this.#coordinator.sessions.remove(this);
    if (this.ended) return;
    this.#coordinator.log.info({ event: 'session.ended', host: this.host });
    this.ended = true;
    this.#stream.end();
  }

  async #hello(hello: Hello): Promise<void> {
    if (this.#welcomed) throw new OutOfPlace('hello twice');
    const { admission, clock, sessions, log, dispatch } = this.#coordinator;
    const answer = await welcomeFor(hello, this.#peer, this.#coordinator);
    if ('refused' in answer) return this.#refuse(answer);
    const since = clock.now();
    const before = sessions.add(this);
    if (before instanceof AgentSession) before.rival(since);
    this.#leave = await admission.enter();
    if (this.#leave === undefined)
      return this.end('crowded', 'too many hosts wait for their welcome; call again later', 30_000);
    if (this.#stream.cancelled) return;
    this.#welcomed = true;
    const nonce = this.#nextNonce();
    this.send({
      kind: 'welcome',
      welcome: { ...answer.welcome, ask: { nonce, full: true, decision: answer.welcome.decision } },
    });
    log.info({
      event: 'session.welcomed',
      host: this.host,
      generation: hello.generation,
      agent: hello.agentVersion,
    });
    dispatch.redeliver(this.host);
  }

  #refuse({ refused, message }: Refusal): void {
    this.#coordinator.log.warn({ event: 'session.refused', host: this.host, code: refused, message });
    this.end(refused, message, 10_000);
  }

  #nextNonce(): Nonce {
    const nonce = parseId('nonce', randomBytes(16).toString('hex'));
    this.#nonces.asked(nonce, this.#coordinator.clock.now());
    return nonce;
  }

  /**
   * When the echoed question was asked. Undefined: the report is not heard, since a newer session speaks for the host. An old
   * session that answers a new question contests its host, and is ended: whichever agent is left calls again.
   */
  #askedAt(echo: Nonce): Instant | undefined {
    const askedAt = this.#nonces.echoed(echo);
    if (askedAt === undefined)
      throw new OutOfPlace('echo_nonce was never asked in this session, or is older than the last one');
    if (this.#rivalSince === undefined) return askedAt;
    if (askedAt.monoMs >= this.#rivalSince.monoMs) {
      this.#contest('two agents with this host id are connected');
      this.end('two-agents', 'another agent with this host id is connected', rivalPauseMs);
    } else {
      this.#coordinator.log.info({ event: 'report.overtaken', host: this.host });
      this.ask(false);
    }
    return undefined;
  }

  #contest(why: string): void {
    this.#coordinator.contest(this.host, why);
  }

  #reported(report: { readonly agentNonce: Nonce; readonly journal: Hello['journal'] }): void {
    this.agentNonce = report.agentNonce;
    const wrong = this.#coordinator.hosts.noteJournal(this.host, report.journal);
    if (wrong !== undefined) this.#contest(wrong);
  }

  #snapshot(): void {
    const { fleet, clock, log } = this.#coordinator;
    const { begin, servos } = this.#inbox.end();
    const askedAt = this.#askedAt(begin.echoNonce);
    if (askedAt === undefined) return;
    const heartbeat = { number: this.#coordinator.nextHeartbeat(), askedAt, receivedAt: clock.now() };
    const { digest, problems } = begin;
    const taken = fleet.takeSnapshot(this.host, { digest, problems, servos, heartbeat }, clock.now());
    if (taken.ok) {
      this.#badSnapshots = 0;
      this.#leave?.();
      this.#reported(begin);
      for (const problem of problems)
        log.warn({
          event: 'inventory.problem',
          host: this.host,
          path: problem.path,
          code: problem.code,
          message: problem.message,
        });
      return this.ask(false);
    }
    this.#badSnapshots++;
    log.warn({ event: 'inventory.refused', host: this.host, message: taken.message });
    if (this.#badSnapshots >= maxBadSnapshots) this.end('inventory', taken.message.slice(0, 500));
    else this.ask(true);
  }

  #heartbeat(beat: Heartbeat): void {
    if (this.#inbox.open) throw new OutOfPlace('heartbeat within a snapshot');
    const { fleet, clock } = this.#coordinator;
    const askedAt = this.#askedAt(beat.echoNonce);
    if (askedAt === undefined) return;
    const heartbeat = { number: this.#coordinator.nextHeartbeat(), askedAt, receivedAt: clock.now() };
    const { full } = fleet.takeHeartbeat(this.host, {
      digest: beat.digest,
      count: beat.count,
      changes: beat.changes,
      heartbeat,
    });
    this.#reported(beat);
    this.ask(full);
  }

  async #receipt(receipt: Receipt): Promise<void> {
    if (await this.#coordinator.dispatch.takeReceipt(this.host, receipt))
      this.send({ kind: 'receiptAck', orderId: receipt.orderId });
  }
}
