// What a run of worlds has tried: every (fault, gate) pair, every refusal of an agent and of the last question, every budget, every
// act of operators, every kind of event. A gate that never refused under a fault was not tried under it, however many seeds ran.
//
// A pair counts as hit where the gate refused some servo while the fault was active or had just been, and as hit *because of it* where
// the same cell's gate had refused none in the last pass before. What cannot be hit by construction is declared with a reason; a
// declared pair that is hit is an error of the declaration.
import type { CellId } from '@servo-auditor/proto/ids.ts';
import { actionGates, evidenceGates } from '../../coordinator/src/domain/verdict.ts';
import type { Act } from '../../coordinator/src/state/port.ts';
import { faults, type Fault, type Gate, type Told, type WorldEvent } from './event.ts';
import { dispatcher, type Handlers } from './oracle/handler.ts';

export const gates: readonly Gate[] = [...evidenceGates, ...actionGates];

/** How long after its end a fault is still felt, in milliseconds: rounds of evidence are lost, hosts come back. */
const aftermathMs = 15 * 60_000;

/** Why an agent itself will not stop a servo, or start one again: the codes of its own judgement (agent/src/judge, and the last steps of the act). */
export const agentRefusals = [
  'journal-damaged',
  'signature',
  'other-host',
  'installation',
  'epoch',
  'decision',
  'done-before',
  'age-unknown',
  'too-old',
  'held',
  'hold-unreadable',
  'incomplete',
  'no-such-servo',
  'contradiction',
  'incarnation',
  'identity',
  'not-running',
  'not-quiet',
  'not-measured',
  'not-restorable',
  'not-keepable',
  'local-limit',
  'confirm-failed',
  'confirm-no',
  'yes-signature',
  'yes-order',
  'yes-nonce',
  'yes-boot',
  'yes-epoch',
  'yes-too-old',
  'not-quarantined',
  'address-taken',
] as const;

/** Why the coordinator says no to the last question (coordinator/src/confirm, and the transaction of the yes). */
export const noes = [
  'unknown-order',
  'other-host',
  'no-question',
  'epoch',
  'boot',
  'already-asked',
  'host',
  'servo',
  'hold',
  'no-lookup',
  'witness',
  'claimed',
  'controls',
  'failed',
  'closing',
  'closed',
  'freeze',
  'retired',
  'breaker',
  'mode',
  'budget',
] as const;

export const budgetKinds = ['host', 'generation', 'cell', 'fleet'] as const;

/** Acts of operators, by their stable names: total, so that a new one is missed here. */
const everyAct: Readonly<Record<Act['kind'], true>> = {
  'hold.set': true,
  'hold.released': true,
  'freeze.set': true,
  'freeze.lifted': true,
  'plan.approved': true,
  'plan.rejected': true,
  'mode.set': true,
  'orphan.confirmed': true,
  'breaker.closed': true,
  'witness.accepted': true,
  'host.enrolled': true,
  'host.retired': true,
  'host.accepted': true,
  'item.acknowledged': true,
  'missing.acknowledged': true,
  'restore.ordered': true,
};
export const acts = Object.keys(everyAct);

/** Pairs that cannot be hit in any world, with the reason. */
export const impossible: readonly {
  readonly fault: Fault;
  readonly gate: Gate;
  readonly because: string;
}[] = [];

/** Of a pair: passes of a cell in which the gate refused under the fault, and those in which it began to. */
export interface Hits {
  under: number;
  because: number;
}

/** Everything counted, as plain values: it goes through JSON as it is. */
export interface Counted {
  readonly pairs: Record<string, Hits>;
  readonly faults: Record<string, number>;
  readonly gates: Record<string, number>;
  readonly agent: Record<string, number>;
  readonly noes: Record<string, number>;
  readonly budgets: Record<string, number>;
  readonly acts: Record<string, number>;
  readonly kinds: Record<string, number>;
}

interface Felt {
  readonly id: number;
  readonly fault: Fault;
  untilMs: number;
  /** Gates that refused nothing in a cell's last pass before it began, by cell. */
  readonly silent: ReadonlyMap<CellId, ReadonlySet<Gate>>;
}

export class Coverage {
  readonly counted: Counted = {
    pairs: {},
    faults: {},
    gates: {},
    agent: {},
    noes: {},
    budgets: {},
    acts: {},
    kinds: {},
  };
  #felt: Felt[] = [];
  /** Gates that refused nothing in the last pass of a cell. */
  readonly #silent = new Map<CellId, ReadonlySet<Gate>>();

  readonly #handle = dispatcher([this.#handlers()]);

  see(event: WorldEvent): void {
    add(this.counted.kinds, event.kind);
    this.#handle(event);
  }

  #handlers(): Handlers {
    const { agent, noes: no, acts: done, faults: had } = this.counted;
    const act = ({ kind }: WorldEvent): void => add(done, kind);
    return {
      'fault.began': ({ id, fault }) => {
        add(had, fault);
        this.#felt.push({ id, fault, untilMs: Infinity, silent: new Map(this.#silent) });
      },
      'fault.ended': ({ id, atMs }) => {
        for (const felt of this.#felt) if (felt.id === id) felt.untilMs = atMs + aftermathMs;
      },
      'pass.ended': (event) => this.#pass(event),
      'agent.refused': ({ code }) => add(agent, code.startsWith('not-keepable') ? 'not-keepable' : code),
      'no.sent': ({ code }) => add(no, code),
      'operator.acted': (event) => add(done, event.act),
      approved: () => add(done, 'plan.approved'),
      'hold.set': act,
      'hold.released': act,
      'freeze.set': act,
      'freeze.lifted': act,
      'mode.set': act,
      'breaker.closed': act,
    };
  }

  #pass({ cell, atMs, refusals, full }: Told<'pass.ended'>): void {
    for (const kind of full) add(this.counted.budgets, kind);
    this.#felt = this.#felt.filter((felt) => felt.untilMs >= atMs);
    const silent = new Set(gates);
    for (const [gate, count] of refusals) {
      if (count === 0) continue;
      silent.delete(gate);
      add(this.counted.gates, gate);
      for (const fault of new Set(this.#felt.map((felt) => felt.fault))) {
        const began = this.#felt.some(
          (felt) => felt.fault === fault && felt.silent.get(cell)?.has(gate) === true,
        );
        addPair(this.counted.pairs, fault, gate, { under: 1, because: began ? 1 : 0 });
      }
    }
    this.#silent.set(cell, silent);
  }
}

/** Adds what another run has counted. */
export function merge(into: Counted, other: Counted): void {
  for (const [pair, hits] of Object.entries(other.pairs)) {
    const [fault, gate] = pair.split(' ');
    addPair(into.pairs, fault as Fault, gate as Gate, hits);
  }
  for (const what of ['faults', 'gates', 'agent', 'noes', 'budgets', 'acts', 'kinds'] as const)
    for (const [name, count] of Object.entries(other[what])) add(into[what], name, count);
}

export function noneCounted(): Counted {
  return new Coverage().counted;
}

export function hitsOf({ pairs }: Counted, fault: Fault, gate: Gate): Hits {
  return pairs[`${fault} ${gate}`] ?? { under: 0, because: 0 };
}

/** What was never hit though it could be, and what was hit though it was declared impossible. */
export interface Missing {
  readonly pairs: readonly string[];
  readonly contradicted: readonly string[];
  readonly faults: readonly string[];
  readonly agent: readonly string[];
  readonly noes: readonly string[];
  readonly budgets: readonly string[];
  readonly acts: readonly string[];
  /** Reported, and in no list here. */
  readonly unlisted: readonly string[];
}

export function missing(counted: Counted, declared = impossible): Missing {
  const cannot = new Set(declared.map(({ fault, gate }) => `${fault} ${gate}`));
  const all = faults.flatMap((fault) => gates.map((gate) => `${fault} ${gate}`));
  const never = (names: readonly string[], of: Record<string, number>) =>
    names.filter((name) => !(name in of));
  const beyond = (names: readonly string[], of: Record<string, number>) =>
    Object.keys(of).filter((name) => !names.includes(name));
  return {
    pairs: all.filter((pair) => !cannot.has(pair) && !(pair in counted.pairs)),
    contradicted: [...cannot].filter((pair) => pair in counted.pairs),
    faults: never(faults, counted.faults),
    agent: never(agentRefusals, counted.agent),
    noes: never(noes, counted.noes),
    budgets: never(budgetKinds, counted.budgets),
    acts: never(acts, counted.acts),
    unlisted: [...beyond(noes, counted.noes), ...beyond(budgetKinds, counted.budgets)],
  };
}

function add(into: Record<string, number>, name: string, by = 1): void {
  into[name] = (into[name] ?? 0) + by;
}

function addPair(into: Record<string, Hits>, fault: Fault, gate: Gate, { under, because }: Hits): void {
  const hits = (into[`${fault} ${gate}`] ??= { under: 0, because: 0 });
  hits.under += under;
  hits.because += because;
}
