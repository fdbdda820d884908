// One run of a coordinator: the real composition on the world's clock, network and witnesses, over state that outlives it. It
// is killed by ending its process. Where another one takes the lead, it goes on until hard state refuses it.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { CellId, CoordinatorId, HostId, OrderId } from '@servo-auditor/proto/ids.ts';
import { decodeConfirmRequest } from '@servo-auditor/proto/decode.ts';
import { encodeConfirmReply } from '@servo-auditor/proto/encode.ts';
import type { AdminCalls } from '@servo-auditor/proto/admin.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import { adminDeps } from '../../../coordinator/src/admin/deps.ts';
import { adminCalls } from '../../../coordinator/src/admin/service.ts';
import { compose, type Composed } from '../../../coordinator/src/compose.ts';
import { confirm } from '../../../coordinator/src/confirm/confirm.ts';
import type { Policy } from '../../../coordinator/src/domain/policy.ts';
import type { Report } from '../../../coordinator/src/round/report.ts';
import { serveSession } from '../../../coordinator/src/session/handler.ts';
import { Fenced, type StateStore } from '../../../coordinator/src/state/port.ts';
import type { Witness } from '../../../coordinator/src/witness/port.ts';
import type { Proc } from '../kernel/loop.ts';
import type { ServerEnd } from '../net/stream.ts';
import type { OnLookup } from './witness.ts';
import { noteEcho } from './echo.ts';
import { sign } from './keys.ts';
import { watchCoordinator } from './spy.ts';
import { watchedStore } from './store.ts';
import type { Teller } from './tell.ts';

export interface LeaderGiven {
  readonly id: CoordinatorId;
  readonly cells: readonly CellId[];
  readonly policy: Policy;
  readonly proc: Proc;
  readonly tell: Teller;
  readonly log: Logger;
  /** Opens the state that all coordinators share. */
  readonly openStore: () => StateStore;
  readonly onEnrolled: (host: HostId) => void;
  readonly onReport: (report: Report) => void;
  readonly witnesses: (onLookup: OnLookup) => readonly Witness[];
}

/** For which order something is asked. */
export interface Asking {
  readonly order: OrderId;
  readonly uid: string | undefined;
}

export const asking = new AsyncLocalStorage<Asking>();

/** What came back of an operator's call. */
export interface OperatorAnswer<T> {
  isDone: boolean;
  value: T | undefined;
  error: unknown;
}

/** Milliseconds of true time that an operator waits for an answer. */
const maxAnswerSteps = 5000;

export class Leader {
  readonly id: CoordinatorId;
  readonly proc: Proc;
  readonly cells: readonly CellId[];
  /** When its last pass began, true time. */
  lastPassMs = 0;
  /** Undefined until it leads. */
  composed: Composed | undefined;
  readonly #given: LeaderGiven;

  constructor(given: LeaderGiven) {
    this.id = given.id;
    this.proc = given.proc;
    this.cells = given.cells;
    this.#given = given;
    const { proc, tell } = given;
    proc.within(() => {
      this.#run().catch((error: unknown) => {
        if (!proc.alive) return;
        if (!(error instanceof Fenced))
          proc.loop.broken ??= new Error(`${this.id} ended by itself`, { cause: error });
        tell.tell({ kind: 'coordinator.crashed', coordinator: this.id });
        proc.kill();
      });
    });
  }

  get epoch(): number {
    return this.composed?.coordinator.epoch ?? 0;
  }

  /**
   * An operator calls it. Runs the world until there is an answer.
   * @returns what the work returns; undefined: there was no answer.
   */
  async call<T>(work: (admin: AdminCalls) => Promise<T>): Promise<T | undefined> {
    const answer = this.ask(work);
    const { loop } = this.proc;
    for (let i = 0; i < maxAnswerSteps && !answer.isDone; i++) await loop.run(loop.nowMs + 1);
    if (answer.error !== undefined) throw answer.error;
    return answer.value;
  }

  /** The same, without waiting. Never rejects: what it is refused stands in the answer. */
  ask<T>(work: (admin: AdminCalls) => Promise<T>): OperatorAnswer<T> {
    const { composed, proc } = this;
    const answer: OperatorAnswer<T> = { isDone: false, value: undefined, error: undefined };
    if (composed === undefined) return answer;
    proc.within(() => {
      work(adminCalls(adminDeps(composed.coordinator, composed.loop))).then(
        (value) => Object.assign(answer, { isDone: true, value }),
        (error: unknown) => Object.assign(answer, { isDone: true, error }),
      );
    });
    return answer;
  }

  /** Serves one session, as its server would once TLS has said who calls. */
  serve(stream: ServerEnd, host: HostId, cell: CellId): void {
    const { composed } = this;
    if (composed === undefined) {
      stream.end();
      return;
    }
    stream.onTake = (plain) => noteEcho(composed.coordinator, host, plain);
    void serveSession(stream as never, { kind: 'host', id: host, cell }, composed.coordinator);
  }

  /** The last question. @param reply takes the answer on its way. */
  confirm(raw: unknown, host: HostId, reply: (plain: unknown) => void): void {
    const { composed } = this;
    if (composed === undefined) return;
    const question = decodeConfirmRequest(raw);
    const { tell, proc } = this.#given;
    const answer = async (): Promise<void> => {
      const order = await composed.coordinator.store.findOrder(question.orderId);
      await asking.run({ order: question.orderId, uid: order?.uid }, async () => {
        const said = await confirm(question, host, composed.coordinator);
        if (!proc.alive) return;
        if (said.kind === 'yes') {
          const { nonce, epoch, orderId } = said.yes;
          tell.tell({ kind: 'yes.sent', order: orderId, nonce, epoch });
        } else tell.tell({ kind: 'no.sent', order: question.orderId, code: said.no.code });
        reply(encodeConfirmReply(said));
      });
    };
    void answer();
  }

  async #run(): Promise<void> {
    const { id, cells, policy, proc, tell, log, openStore, onEnrolled } = this.#given;
    const raw = openStore();
    proc.onKill.push(() => void raw.close());
    const lead = await raw.lead(id, proc.machine.wallMs);
    const clock = proc.machine.clock(lead.waitedMs);
    const startMs = proc.machine.monoMs;
    tell.tell({ kind: 'lead.taken', coordinator: id, cells, epoch: lead.epoch });
    tell.tell({ kind: 'audit.appended', version: lead.decision.version, hash: lead.decision.hash });
    const trueOfWait = (waitMs: number): number => proc.machine.trueOf(startMs + (waitMs - lead.waitedMs));
    const store = watchedStore({ store: raw, proc, tell, trueOfWait, onEnrolled });
    const onLookup: OnLookup = (witness, uid, beganMs, claims) => {
      const about = asking.getStore();
      if (about === undefined || !proc.alive) return;
      tell.tell({
        kind: 'lookup.answered',
        order: about.order,
        witness,
        uid,
        beganMs,
        answer: claims === 'failed' ? claims : claims.length > 0 ? 'claimed' : 'not-claimed',
        hosts: claims === 'failed' ? [] : claims.map((claim) => claim.host),
        control: uid !== about.uid,
      });
    };
    const composed = await compose({
      id,
      trustDomain: 'sim.example',
      cells,
      demo: undefined,
      policy,
      sign,
      store,
      lead,
      clock,
      witnesses: this.#given.witnesses(onLookup),
      log,
    });
    watchCoordinator(composed, {
      proc,
      tell,
      onPass: () => {
        this.lastPassMs = proc.loop.nowMs;
      },
      onReport: this.#given.onReport,
    });
    this.composed = composed;
    await composed.loop.run();
  }
}
