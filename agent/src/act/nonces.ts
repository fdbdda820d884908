// The agent's own nonces: when each was sent, so that an order which cites one can be aged by this machine's own clocks.
import type { Nonce } from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';

/** Nonces that are remembered: the longest life of an order (1 h) at the usual interval (10 s), once and a half. */
const maxNonces = 512;

export class SentNonces {
  readonly #sent = new Map<Nonce, Instant>();

  /** To be called before the nonce leaves: so the order only looks older. */
  sent(nonce: Nonce, at: Instant): void {
    this.#sent.set(nonce, at);
    for (const oldest of this.#sent.keys()) {
      if (this.#sent.size <= maxNonces) return;
      this.#sent.delete(oldest);
    }
  }

  /** Undefined: never sent by this process, or forgotten. */
  sentAt(nonce: Nonce): Instant | undefined {
    return this.#sent.get(nonce);
  }
}
