// All books together: what every invariant may look up. It is brought up to date with an event before any invariant sees it.
import type { HostId, ServoUid } from '@servo-auditor/proto/ids.ts';
import { Claims, isOf, type Span } from './book/claims.ts';
import { Contests } from './book/contests.ts';
import { Faults } from './book/faults.ts';
import { Heard } from './book/heard.ts';
import { Hosts } from './book/hosts.ts';
import { Operators } from './book/operators.ts';
import { Orders, type TrueOrder } from './book/orders.ts';
import { Servos, type TrueServo } from './book/servos.ts';
import type { Handlers } from './handler.ts';
import { atLeastMs, type OracleSetting } from './setting.ts';

export class Ledger {
  readonly setting: OracleSetting;
  readonly servos = new Servos();
  readonly claims = new Claims();
  readonly hosts = new Hosts();
  readonly contests = new Contests();
  readonly heard = new Heard();
  readonly orders = new Orders();
  readonly operators = new Operators();
  readonly faults = new Faults();

  constructor(setting: OracleSetting) {
    this.setting = setting;
  }

  get handlers(): readonly Handlers[] {
    const { servos, claims, hosts, contests, heard, orders, operators, faults } = this;
    return [servos, claims, hosts, contests, heard, orders, operators, faults].map((book) => book.handlers);
  }

  /** The servo that an order is about, whatever its host shows it as. */
  subject({ made }: TrueOrder): TrueServo | undefined {
    return this.servos.find(made.host, made.incarnation);
  }

  /** The uids by which a claim may protect what an order is about: the one that it names, and the true one. */
  uidsOf(order: TrueOrder): readonly ServoUid[] {
    const { uid } = order.made;
    const truth = this.subject(order)?.uid;
    return truth === undefined || truth === uid ? [uid] : [uid, truth];
  }

  /**
   * Whether a claim protects the copy on `host` at this time: it names this host or none, or another one where the servo was
   * not seen running yet, or the claim is too young.
   */
  protects(span: Span, host: HostId, atMs: number): boolean {
    if (isOf(span, host) || span.host === undefined) return true;
    const seenMs = this.heard.ranOnSinceMs(span.uid, span.host);
    if (seenMs === undefined || seenMs > atMs) return true;
    return atMs - this.#seenSinceMs(span) < atLeastMs(this.setting.policy.movedClaimMs, this.setting);
  }

  /** Since when whoever reads the witness sees this claim: one that lapsed between two readings lapsed for nobody. */
  #seenSinceMs(span: Span): number {
    const { witness, host, fromMs } = span;
    let sinceMs = fromMs;
    for (const before of this.claims.claimsOf(span.uid).toReversed()) {
      if (before.witness !== witness || before.host !== host) continue;
      if (before.toMs === undefined || before.toMs > sinceMs) continue;
      const { toMs, toVersion = 0 } = before;
      if (this.heard.readingsWithin({ witness, fromVersion: toVersion, fromMs: toMs, toMs: sinceMs }) > 0)
        break;
      sinceMs = before.fromMs;
    }
    return sinceMs;
  }

  /** All claims that ever protected what an order is about. */
  *claimsOn(order: TrueOrder): Iterable<Span> {
    for (const uid of this.uidsOf(order)) yield* this.claims.claimsOf(uid);
  }
}
