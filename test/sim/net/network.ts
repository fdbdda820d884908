// How agents reach coordinators: an address leads to whoever is said to lead, through the weather of the host.
import type { AgentClient } from '@servo-auditor/proto/load.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { CellId, HostId, Nonce, OrderId } from '@servo-auditor/proto/ids.ts';
import type { Loop, Proc } from '../kernel/loop.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Leader } from '../world/leader.ts';
import type { Teller } from '../world/tell.ts';
import { Lane } from './lane.ts';
import { Connection } from './stream.ts';
import type { Weather } from './weather.ts';

const confirmMethod = agentService['Confirm'] as MethodDefinition<unknown, unknown>;

/** How long a call to an address where nobody listens takes to fail, in milliseconds. */
const refusedMs = 15;

export interface NetworkGiven {
  readonly loop: Loop;
  readonly tell: Teller;
  readonly rng: Rng;
  /** Whom a host's calls reach now. */
  readonly route: (host: HostId) => Leader | undefined;
  readonly weather: (host: HostId) => Weather;
}

type Done = (error: Error | null, reply?: unknown) => void;

export class Network {
  readonly #given: NetworkGiven;

  constructor(given: NetworkGiven) {
    this.#given = given;
  }

  /** What an agent calls by. */
  clientOf(agent: Proc, host: HostId, cell: CellId): Pick<AgentClient, 'session' | 'confirm'> {
    return {
      session: () => this.#session(agent, host, cell),
      confirm: (plain: unknown, options: { readonly deadline: number }, done: Done) =>
        this.#confirm(agent, host, plain, options.deadline, done),
    } as unknown as Pick<AgentClient, 'session' | 'confirm'>;
  }

  #session(agent: Proc, host: HostId, cell: CellId): unknown {
    const { loop, tell, rng, route, weather } = this.#given;
    const leader = route(host);
    const coordinator = leader?.proc ?? agent;
    const lane = (isUp: boolean): Lane => new Lane(loop, rng, () => weather(host), isUp);
    const connection = new Connection({
      loop,
      agent,
      coordinator,
      up: lane(true),
      down: lane(false),
      onUp: (plain) => {
        const receipt = (
          plain as { readonly receipt?: { readonly orderId: OrderId; readonly outcome: string } }
        ).receipt;
        if (receipt !== undefined)
          tell.tell({
            kind: 'receipt.sent',
            host,
            order: receipt.orderId,
            outcome: outcomeOf(receipt.outcome),
          });
      },
      onDown: (plain) => {
        const order = (plain as { readonly order?: { readonly id: OrderId; readonly epoch: string } }).order;
        if (order !== undefined)
          tell.tell({ kind: 'order.sent', order: order.id, epoch: Number(order.epoch), host });
        const ack = (plain as { readonly receiptAck?: { readonly orderId: OrderId } }).receiptAck;
        if (ack !== undefined) tell.tell({ kind: 'receipt.acknowledged', order: ack.orderId });
      },
    });
    const { client, server } = connection;
    if (leader === undefined)
      loop.after(refusedMs, agent, () => client.broken('14 UNAVAILABLE: nobody listens there'));
    else lane(true).send(coordinator, () => leader.serve(server, host, cell));
    return client;
  }

  #confirm(agent: Proc, host: HostId, plain: unknown, deadline: number, done: Done): void {
    const { loop, tell, rng, route, weather } = this.#given;
    if (!agent.alive) return;
    const { orderId, nonce } = plain as { readonly orderId: OrderId; readonly nonce: Nonce };
    let isDone = false;
    const finish: Done = (error, reply) => {
      if (isDone) return;
      isDone = true;
      late.cancel();
      const isYes = (reply as { readonly yes?: unknown } | undefined)?.yes !== undefined;
      tell.tell({ kind: 'question.answered', order: orderId, host, yes: isYes });
      done(error, reply);
    };
    const late = loop.after(Math.max(0, deadline - agent.machine.wallMs), agent, () =>
      finish(new Error('4 DEADLINE_EXCEEDED')),
    );
    tell.tell({ kind: 'question.asked', order: orderId, host, nonce });
    const leader = route(host);
    if (leader === undefined) {
      loop.after(refusedMs, agent, () => finish(new Error('14 UNAVAILABLE: nobody listens there')));
      return;
    }
    const up = new Lane(loop, rng, () => weather(host), true);
    const down = new Lane(loop, rng, () => weather(host), false);
    const bytes = confirmMethod.requestSerialize(plain);
    up.send(leader.proc, () =>
      leader.confirm(confirmMethod.requestDeserialize(bytes), host, (reply) => {
        const answer = confirmMethod.responseSerialize(reply);
        down.send(agent, () => finish(null, confirmMethod.responseDeserialize(answer)));
      }),
    );
  }
}

/** `RECEIPT_OUTCOME_EXECUTED` and so on, as the events spell it. */
function outcomeOf(name: string): 'executed' | 'refused' | 'unexecuted' | 'unknown' {
  for (const outcome of ['unexecuted', 'executed', 'refused', 'unknown'] as const)
    if (name.toLowerCase().endsWith(outcome)) return outcome;
  throw new Error(`${name} is no outcome`);
}
