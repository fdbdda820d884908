// Why a servo has its verdict, what follows from it, and what a person can do: from the gates' own answers, as sentences and
// exact commands. Whoever is woken at night reads the summary first. It decides nothing and adds no reason of its own.
import type { Now } from '@servo-auditor/proto/time.ts';
import { duration, render, type Answer, type Numbers, type Outcome } from '../domain/answer.ts';
import type { Case } from '../domain/case.ts';
import type { Evidence } from '../domain/evidence.ts';
import {
  actionGates,
  evidenceGates,
  type ActionGate,
  type EvidenceGate,
  type Verdict,
} from '../domain/verdict.ts';
import { nextFor, type Next } from './next.ts';
import type { Subject } from './subject.ts';
import { sight } from './verdict.ts';

export type { Subject } from './subject.ts';

export type { Next } from './next.ts';

/** One gate's answer, rendered. */
export interface GateLine {
  readonly name: EvidenceGate | ActionGate;
  readonly kind: 'evidence' | 'action';
  readonly outcome: Outcome;
  readonly says: string;
  /** Empty for a pass. */
  readonly lifts: string;
  readonly numbers: Numbers;
}

export interface Explained {
  readonly verdict: Verdict;
  /** Verdict and why, in one sentence of at most `maxSummaryChars`. */
  readonly summary: string;
  readonly gates: readonly GateLine[];
  /** Most useful first. Empty: nothing to do. */
  readonly next: readonly Next[];
}

/** Characters of a summary: the limit of a sentence on the wire. */
export const maxSummaryChars = 500;

/** @throws Error when the judgement has no row. */
export function explain(subject: Subject): Explained {
  const { judgement, actions } = subject;
  const { row, verdict } = judgement;
  if (row === undefined) throw new Error('explain needs the whole row: judge with judgeWhole');
  const gates = [
    ...evidenceGates.map((name) => lineOf(name, 'evidence', row[name])),
    ...(actions === undefined ? [] : actionGates.map((name) => lineOf(name, 'action', actions[name]))),
  ];
  const summary = `${verdict[0]?.toUpperCase()}${verdict.slice(1)}: ${because(subject, gates)}.`;
  return { verdict, summary: cut(summary), gates, next: nextFor(subject) };
}

function lineOf(
  name: GateLine['name'],
  kind: GateLine['kind'],
  { outcome, says, lifts, numbers }: Answer,
): GateLine {
  return { name, kind, outcome, says: render(says, numbers), lifts: render(lifts, numbers), numbers };
}

function because(subject: Subject, gates: readonly GateLine[]): string {
  const { judgement, servoCase, now } = subject;
  const { evidence, verdict } = judgement;
  const refusing = gates.filter((g) => g.kind === 'evidence' && g.outcome === 'refuse');
  if (evidence.state === 'quarantined' && verdict !== 'live') return inQuarantine(servoCase, now, evidence);
  switch (verdict) {
    case 'live':
      return isLive(evidence);
    case 'stray':
      return `nobody claims it, and the authority never did under this identity on ${evidence.host.view.id}${mismatch(evidence)}; it is never stopped automatically`;
    case 'suspect':
      return `${released(evidence, now)}; not yet an orphan, it waits for ${names(refusing)}${earliest(refusing)}`;
    case 'orphan':
      return `${released(evidence, now)}, nobody claims it, and every evidence gate passes; ${whatFollows(subject, gates)}`;
    case 'undecided':
      return `the evidence does not suffice: ${(refusing.find(isSight) ?? refusing[0])?.says ?? 'no gate says why'}; nothing is done to it`;
  }
}

function isLive({ voices, state }: Evidence): string {
  const claiming = voices.filter((v) => v.says === 'claims').map((v) => v.witness);
  const verb = claiming.length === 1 ? 'claims' : 'claim';
  const then =
    state === 'quarantined'
      ? 'it is in quarantine, and is started again by itself unless it lives elsewhere'
      : 'it is in use, and nothing is done to it';
  return `${claiming.join(' and ')} ${verb} it; ${then}`;
}

function released({ release }: Evidence, now: Now): string {
  if (release === undefined) return 'released';
  const since = duration(Math.max(0, now.waitMs - release.firstReadMs));
  return release.kind === 'tombstone'
    ? `its release (a tombstone) was read ${since} ago`
    : `its claim disappeared ${since} ago`;
}

/** A host on which much is missing is the likeliest reason of a stray: say so in the first sentence. */
function mismatch({ host: { match, view } }: Evidence): string {
  return match.found >= match.expected
    ? ''
    : `, where ${match.expected - match.found} of ${match.expected} expected servos are missing (is the store of ${view.id} misread?)`;
}

function inQuarantine(servoCase: Case | undefined, now: Now, { host }: Evidence): string {
  const since =
    servoCase === undefined ? '' : ` since ${duration(Math.max(0, now.waitMs - servoCase.sinceMs))}`;
  return `in quarantine${since}: stopped, kept whole on ${host.view.id}, and can be started again`;
}

function whatFollows({ actions, order }: Subject, gates: readonly GateLine[]): string {
  if (order !== undefined && order.state !== 'closed')
    return `order ${order.id} to ${order.action} it is ${order.state}`;
  if (actions === undefined) return 'no round has planned with it yet';
  const holding = gates.filter((g) => g.kind === 'action' && g.outcome !== 'pass');
  const [first] = holding;
  if (first === undefined) return 'it is stopped with the next round';
  return `not stopped: ${first.says}${holding.length > 1 ? `; also held back by ${names(holding.slice(1))}` : ''}`;
}

/** Whether the gate tells that something cannot be seen: then what the others say counts for little. */
function isSight({ name }: GateLine): boolean {
  return sight.some((gate) => gate === name);
}

function names(gates: readonly GateLine[]): string {
  return gates.map((g) => g.name).join(', ');
}

/** The longest wait that the gates themselves count down. Empty where something else than time is missing. */
function earliest(refusing: readonly GateLine[]): string {
  const waits = refusing.map(waitOf);
  if (waits.length === 0 || waits.some((ms) => ms === undefined)) return '';
  const longest = Math.max(...waits.map((ms) => ms ?? 0));
  return longest === 0 ? ', which the next rounds bring' : `, at the earliest in ${duration(longest)}`;
}

function waitOf({ name, numbers }: GateLine): number | undefined {
  const left = (limit: string, sofar: string): number | undefined => {
    const [a, b] = [numbers[limit], numbers[sofar]];
    return typeof a === 'number' && typeof b === 'number' ? Math.max(0, a - b) : undefined;
  };
  if (name === 'rounds') return left('spreadLimitMs', 'spreadMs');
  if (name !== 'grace') return undefined;
  return left('releasedLimitMs', 'releasedMs') ?? left('seenLimitMs', 'seenMs');
}

function cut(sentence: string): string {
  return sentence.length <= maxSummaryChars ? sentence : `${sentence.slice(0, maxSummaryChars - 1)}…`;
}
