// One session: hello, welcome, then reports out and orders in, until either side ends it.
//
// Each report takes the latest question that has come, and scans after it: so the echoed nonce proves that the scan began
// after the coordinator asked.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeCoordinatorMessage } from '@servo-auditor/proto/decode.ts';
import type { Plain } from '@servo-auditor/proto/encode.ts';
import { parseId, type Nonce } from '@servo-auditor/proto/ids.ts';
import { maxServosPerChunk, protocolMax, protocolMin } from '@servo-auditor/proto/limits.ts';
import { stalenessMs, type Instant } from '@servo-auditor/proto/time.ts';
import type { Ask, CoordinatorMessage, Goodbye, Hello, Receipt, Welcome } from '@servo-auditor/proto/wire.ts';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Inventory } from '../scan/scan.ts';
import { Line } from './line.ts';
import type { Party } from './party.ts';
import { reportOf, type Sent } from './report.ts';
import { judgeWelcome, type Past } from './welcome.ts';

/** How a session ended. `healthy`: at least one report was answered. */
export type SessionEnd =
  | { readonly kind: 'goodbye'; readonly goodbye: Goodbye; readonly healthy: boolean }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly healthy: false }
  | { readonly kind: 'broken'; readonly message: string; readonly healthy: boolean };

/** A coordinator that says nothing for as long as this, and for five intervals, is gone, in milliseconds. */
const minSilenceMs = 15_000;
const maxSilentIntervals = 5;

/** Runs one session to its end. */
export async function runSession(
  stream: ClientDuplexStream<Plain, unknown>,
  party: Party,
  stop: AbortSignal,
): Promise<SessionEnd> {
  return await new Session(stream, party, stop).run();
}

class Session {
  readonly #party: Party;
  readonly #line: Line;
  readonly #over = new AbortController();
  readonly #stop: AbortSignal;
  #past: Past = { installation: undefined, epoch: 0, decision: undefined };
  #welcome: Welcome | undefined;
  #ask: Ask | undefined;
  #askIsNew = false;
  #full = true;
  #sent: Sent | undefined;
  #reports = 0;
  #healthy = false;
  #heardAt: Instant;
  #end: SessionEnd | undefined;

  constructor(stream: ClientDuplexStream<Plain, unknown>, party: Party, stop: AbortSignal) {
    this.#party = party;
    this.#stop = stop;
    this.#line = new Line(stream, this.#over.signal);
    this.#heardAt = party.clock.now();
  }

  async run(): Promise<SessionEnd> {
    const { stream } = this.#line;
    stream.on('data', (raw: unknown) => this.#hear(raw));
    stream.on('error', (error: Error) => this.#finish({ kind: 'broken', message: error.message }));
    stream.on('end', () => this.#finish({ kind: 'broken', message: 'the coordinator ended the session' }));
    const stopped = () => this.#finish({ kind: 'broken', message: 'this agent ends' });
    this.#stop.addEventListener('abort', stopped, { once: true });
    const silence = setInterval(() => this.#listen(), 1000);
    try {
      if (this.#stop.aborted) stopped();
      else await this.#speak();
    } catch (error) {
      // What goes wrong in here costs this session, and not the agent.
      this.#finish({ kind: 'broken', message: error instanceof Error ? error.message : String(error) });
    } finally {
      clearInterval(silence);
      this.#stop.removeEventListener('abort', stopped);
      this.#party.executor.onReceipt = () => undefined;
      stream.end();
      stream.cancel();
    }
    if (this.#end === undefined) throw new Error('a session ended without saying how');
    return this.#end;
  }

  async #speak(): Promise<void> {
    const { clock } = this.#party;
    await this.#line.send({ kind: 'hello', hello: this.#hello() });
    await this.#until(() => this.#welcome !== undefined);
    const intervalMs = this.#welcome?.heartbeatIntervalMs ?? 0;
    for (;;) {
      const began = clock.now();
      await this.#report();
      this.#party.tend();
      const spentMs = clock.now().monoMs - began.monoMs;
      await sleep(Math.max(0, intervalMs - spentMs), undefined, { signal: this.#over.signal });
    }
  }

  #hello(): Hello {
    const { journal, seen, readerVersion, generation, agentVersion, clock, demo } = this.#party;
    const { installation } = journal.view;
    const decision = seen.decision;
    this.#past = { installation, epoch: seen.epoch, decision };
    return {
      protocolMin,
      protocolMax,
      agentVersion,
      bootId: clock.now().bootId,
      generation,
      readerVersion,
      journal: journal.mark,
      demo,
      ...(installation === undefined || decision === undefined
        ? {}
        : { installation, highestEpoch: seen.epoch, highestDecision: decision }),
    };
  }

  #hear(raw: unknown): void {
    if (this.#end !== undefined) return;
    this.#heardAt = this.#party.clock.now();
    try {
      this.#take(decodeCoordinatorMessage(raw));
    } catch (error) {
      // What cannot be understood, or written down, ends the session; nothing of it counts.
      this.#finish({ kind: 'broken', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #take(message: CoordinatorMessage): void {
    if (message.kind === 'goodbye') return this.#finish({ kind: 'goodbye', goodbye: message.goodbye });
    if (message.kind === 'welcome') return this.#welcomed(message.welcome);
    if (this.#welcome === undefined) throw new Error(`${message.kind} before welcome`);
    const { executor } = this.#party;
    switch (message.kind) {
      case 'ask':
        return this.#asked(message.ask);
      case 'order':
        return executor.takeOrder(message.order);
      case 'closeOrder':
        return executor.takeClose(message.close);
      case 'receiptAck':
        return executor.takeAck(message.orderId);
    }
  }

  #welcomed(welcome: Welcome): void {
    if (this.#welcome !== undefined) throw new Error('welcome twice');
    const party = this.#party;
    const greeting = judgeWelcome(welcome, this.#past, party.installation);
    if (greeting.kind === 'refuse') {
      this.#finish({ kind: 'refused', code: greeting.code, message: greeting.message });
      if (greeting.foreign) party.offers.note(welcome);
      return;
    }
    party.greeted(welcome, greeting.kind === 'first');
    this.#welcome = welcome;
    this.#asked(welcome.ask);
    party.executor.onReceipt = (receipt: Receipt) => this.#line.post({ kind: 'receipt', receipt });
    party.executor.sendReceipts();
    party.told(`in session with ${welcome.installation}, epoch ${welcome.epoch}, cell ${welcome.cell}`);
    party.log.info({
      event: 'session.welcomed',
      installation: welcome.installation,
      cell: welcome.cell,
      epoch: welcome.epoch,
    });
  }

  #asked(ask: Ask): void {
    const { seen } = this.#party;
    const known = seen.decision;
    if (known !== undefined && ask.decision.version < known.version)
      throw new Error(`decision ${ask.decision.version} after ${known.version}: the coordinator went back`);
    seen.note(this.#welcome?.epoch ?? 0, ask.decision);
    this.#ask = ask;
    this.#askIsNew = true;
    this.#full ||= ask.full;
    if (this.#reports > 0) this.#healthy = true;
    this.#wake();
  }

  async #report(): Promise<void> {
    const { scanner, journal, clock, nonces, log } = this.#party;
    const ask = this.#ask;
    if (ask === undefined) throw new Error('a report without a question');
    if (!this.#askIsNew) log.debug({ event: 'report.same-question' });
    this.#askIsNew = false;
    const full = this.#full;
    this.#full = false;
    // Acts read everything anew by themselves: a report may rest on events, for a while.
    const inventory = await scanner.scan('hinted');
    this.#over.signal.throwIfAborted();
    const agentNonce = newNonce();
    nonces.sent(agentNonce, clock.now());
    const report = reportOf(inventory, this.#sent, full);
    const about = {
      echoNonce: ask.nonce,
      digest: inventory.digest,
      count: inventory.servos.length,
      agentNonce,
    };
    this.#sent = inventory;
    if (report.kind === 'heartbeat')
      await this.#line.send({
        kind: 'heartbeat',
        heartbeat: { ...about, changes: report.changes, journal: journal.mark },
      });
    else await this.#snapshot(inventory, { ...about, journal: journal.mark });
    this.#reports++;
  }

  async #snapshot(
    { servos, problems }: Inventory,
    about: Omit<Extract<Parameters<Line['send']>[0], { kind: 'snapshotBegin' }>['begin'], 'problems'>,
  ): Promise<void> {
    await this.#line.send({ kind: 'snapshotBegin', begin: { ...about, problems } });
    for (let i = 0; i < servos.length; i += maxServosPerChunk)
      await this.#line.send({ kind: 'snapshotChunk', servos: servos.slice(i, i + maxServosPerChunk) });
    await this.#line.send({ kind: 'snapshotEnd' });
  }

  #listen(): void {
    const intervalMs = this.#welcome?.heartbeatIntervalMs ?? 0;
    const limitMs = Math.max(minSilenceMs, maxSilentIntervals * intervalMs);
    const silentMs = stalenessMs(this.#heardAt, this.#party.clock.now());
    if (silentMs > limitMs)
      this.#finish({
        kind: 'broken',
        message: `the coordinator said nothing for ${Math.round(silentMs)} ms`,
      });
  }

  /** The first end counts. */
  #finish(
    end:
      | { kind: 'goodbye'; goodbye: Goodbye }
      | { kind: 'refused'; code: string; message: string }
      | { kind: 'broken'; message: string },
  ): void {
    if (this.#end !== undefined) return;
    this.#end = end.kind === 'refused' ? { ...end, healthy: false } : { ...end, healthy: this.#healthy };
    this.#over.abort(new Error('the session is over'));
    this.#wake();
  }

  #wake: () => void = () => undefined;

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      this.#over.signal.throwIfAborted();
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#over.signal.throwIfAborted();
  }
}

function newNonce(): Nonce {
  return parseId('nonce', randomBytes(16).toString('hex'));
}
