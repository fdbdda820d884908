// The people of an installation: they know what is true, as far as people look, and do what the product's own texts ask for.
// What they are refused they try again later, or not at all.
import { Refused, type AdminCalls } from '@servo-auditor/proto/admin.ts';
import { parseId, type HostId, type Incarnation, type ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Host, TrueServo } from '../world/host.ts';
import type { Tenants } from '../world/tenants.ts';
import type { World } from '../world/world.ts';

export const operator = { name: parseId('operator', 'ada'), role: 'admin' } as const;

export class Operators {
  readonly world: World;
  readonly tenants: Tenants;
  readonly rng: Rng;
  /** Attempts to undo that have no answer yet. */
  undoing = 0;

  constructor(world: World, tenants: Tenants, rng: Rng) {
    this.world = world;
    this.tenants = tenants;
    this.rng = rng;
  }

  /** A call to whoever leads. What it is refused, or what no coordinator answers, is nobody's error. */
  call(work: (admin: AdminCalls) => Promise<unknown>): void {
    this.world.leader?.ask(async (admin) => {
      try {
        await work(admin);
      } catch (error) {
        if (!(error instanceof Refused) && !isExpected(error)) throw error;
      }
    });
  }

  /** Whether nobody uses it, whatever its host calls it: what a person finds out who looks at it. */
  isOrphan(host: HostId, incarnation: Incarnation): boolean {
    const servo = [...(this.world.hosts.get(host)?.servos.values() ?? [])].find(
      (s) => s.incarnation === incarnation,
    );
    if (servo === undefined) return true;
    const home = this.tenants.of(servo.uid);
    if (home?.host === host && this.tenants.servo(home) === servo) return false;
    return !this.world.sources.some((source) => source.claims(servo.uid, host));
  }

  /**
   * Tries, on the host alone, to start what was stopped there.
   * @param isLast faults are over: what does not succeed now cannot be undone. Before that, a disk that takes nothing is why.
   */
  undo(host: Host, servo: TrueServo, isLast: boolean): void {
    const run = this.world.agents.get(host.id);
    if (run?.proc.alive !== true) return;
    const about = host.named(servo);
    // As its journal knows it: it may be shown otherwise by now.
    const kept = [...run.journal.view.kept].find(({ intent }) => intent.incarnation === servo.incarnation);
    const uid: ServoUid = kept?.intent.uid ?? host.shown(servo);
    this.undoing++;
    run.proc.within(() => {
      run
        .restore(uid, 'somebody needs it')
        .then(
          ({ done, why }) => this.#undone({ ...about, done: done || servo.running, why }, isLast),
          (error: unknown) => this.#undone({ ...about, done: servo.running, why: String(error) }, isLast),
        )
        .finally(() => this.undoing--);
    });
  }

  #undone(
    tried: ReturnType<Host['named']> & { readonly done: boolean; readonly why: string },
    isLast: boolean,
  ): void {
    if (!tried.done && !isLast) return;
    this.world.teller.tell({ kind: 'undo.tried', ...tried });
  }
}

/** Refused by hard state, or the coordinator ended under the call. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && ['Unfit', 'Fenced'].includes(error.constructor.name);
}
