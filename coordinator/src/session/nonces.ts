// The coordinator's own questions, by which it ages what hosts say: no other clock is trusted.
import type { Nonce } from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';

/** Questions that may be under way at once in one session: the agent may still answer the one before the latest. */
const maxOpen = 4;

export class Nonces {
  #open: { readonly nonce: Nonce; readonly askedAt: Instant }[] = [];

  asked(nonce: Nonce, askedAt: Instant): void {
    this.#open.push({ nonce, askedAt });
    if (this.#open.length > maxOpen) this.#open.shift();
  }

  /**
   * When the echoed nonce was asked. Undefined: it was never asked in this session, or an older one than was echoed before.
   * A nonce may be echoed again (no newer question had come), and then proves no more than it did.
   */
  echoed(nonce: Nonce): Instant | undefined {
    const at = this.#open.findIndex((question) => question.nonce === nonce);
    if (at < 0) return undefined;
    this.#open = this.#open.slice(at);
    return this.#open[0]?.askedAt;
  }
}
