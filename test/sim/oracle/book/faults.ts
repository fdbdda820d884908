// Which faults are active, which processes stand still, and for how long each one did.
import type { CoordinatorId, HostId, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Fault, Told } from '../../event.ts';
import type { Handlers } from '../handler.ts';

/** Of a witness: by these it answers, and not what stands in it. */
const lies: ReadonlySet<Fault> = new Set<Fault>([
  'witness-empty',
  'witness-truncated',
  'witness-stale',
  'witness-restored-old',
]);

interface Pause {
  readonly fromMs: number;
  toMs: number | undefined;
}

export class Faults {
  readonly active = new Map<number, Told<'fault.began'>>();
  /** When the last one ended, or whatever else disturbs all: a new leader. */
  lastEndedMs = 0;
  readonly #pauses = new Map<HostId, Pause[]>();
  readonly #stills = new Map<CoordinatorId, Pause>();
  readonly #lies = new Map<number, Pause & { readonly witness: WitnessId }>();

  readonly handlers: Handlers = {
    'fault.began': (event) => {
      this.active.set(event.id, event);
      const { id, fault, subject, atMs } = event;
      if (subject.kind === 'witness' && lies.has(fault))
        this.#lies.set(id, { witness: subject.witness, fromMs: atMs, toMs: undefined });
    },
    'lead.taken': ({ atMs }) => {
      this.lastEndedMs = atMs;
    },
    'fault.ended': ({ id, atMs }) => {
      this.active.delete(id);
      const lie = this.#lies.get(id);
      if (lie !== undefined) lie.toMs = atMs;
      this.lastEndedMs = atMs;
    },
    'coordinator.paused': ({ coordinator, atMs }) => {
      this.#stills.set(coordinator, { fromMs: atMs, toMs: undefined });
    },
    'coordinator.resumed': ({ coordinator, atMs }) => {
      const last = this.#stills.get(coordinator);
      if (last !== undefined) last.toMs = atMs;
    },
    'agent.paused': ({ host, atMs }) => {
      const pauses = this.#pauses.get(host);
      if (pauses === undefined) this.#pauses.set(host, [{ fromMs: atMs, toMs: undefined }]);
      else pauses.push({ fromMs: atMs, toMs: undefined });
    },
    'agent.resumed': ({ host, atMs }) => {
      const last = this.#pauses.get(host)?.at(-1);
      if (last !== undefined) last.toMs ??= atMs;
    },
  };

  isActive(fault: Fault): boolean {
    for (const it of this.active.values()) if (it.fault === fault) return true;
    return false;
  }

  /** Whether a witness answered what did not stand in it, at some time between. */
  lied(of: WitnessId, fromMs: number, untilMs: number): boolean {
    for (const { witness, fromMs: began, toMs } of this.#lies.values())
      if (witness === of && began <= untilMs && (toMs ?? Infinity) >= fromMs) return true;
    return false;
  }

  /** How long a coordinator stood still that went on at most `withinMs` before, in milliseconds. */
  stillMs(atMs: number, withinMs: number): number {
    let longest = 0;
    for (const { fromMs, toMs } of this.#stills.values())
      if (toMs !== undefined && toMs <= atMs && atMs - toMs <= withinMs)
        longest = Math.max(longest, toMs - fromMs);
    return longest;
  }

  /** How long the agent of a host stood still within this time, in milliseconds. */
  pausedMs(host: HostId, fromMs: number, toMs: number): number {
    let sum = 0;
    for (const pause of this.#pauses.get(host) ?? [])
      sum += Math.max(0, Math.min(pause.toMs ?? toMs, toMs) - Math.max(pause.fromMs, fromMs));
    return sum;
  }
}
