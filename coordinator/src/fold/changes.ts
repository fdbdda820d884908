// What the fold learns that must survive a restart, gathered until it is durable.
import type { HostId, Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Release } from '../domain/evidence.ts';
import type { FoldChange, Vouched } from '../state/port.ts';

type Place = Pick<Release, 'uid' | 'host' | 'incarnation'>;

/** What changed of one servo; the latest word on each of both stands. */
interface Word {
  readonly place: Place;
  release: Release | 'gone' | undefined;
  vouched: Vouched | 'gone' | undefined;
}

export class Changes {
  // By host first: most hosts have no change, and no key has to be made to tell that.
  readonly #words = new Map<HostId, Map<string, Word>>();
  /** Incarnations that are vouched for the first time: by far the most, and nothing else is known of them. */
  #vouched: Vouched[] = [];
  /** Whether there is any other word on who vouches. */
  #isVouchedTwice = false;

  released(release: Release): void {
    this.#word(release).release = release;
  }

  releaseGone(place: Place): void {
    this.#word(place).release = 'gone';
  }

  /** @param isNew nobody vouched for this incarnation until now. */
  vouched(vouched: Vouched, isNew: boolean): void {
    const { host, uid, incarnation } = vouched;
    if (isNew && this.#words.get(host)?.has(keyOf(uid, incarnation)) !== true) this.#vouched.push(vouched);
    else {
      this.#word(vouched).vouched = vouched;
      this.#isVouchedTwice = true;
    }
  }

  vouchedGone(place: Place): void {
    this.#word(place).vouched = 'gone';
    this.#isVouchedTwice = true;
  }

  /** Everything since the last call. What is not made durable must be given back. */
  take(): FoldChange {
    const releasesAdded: Release[] = [];
    const releasesRemoved: Place[] = [];
    const vouchedRemoved: Place[] = [];
    // A later word on an incarnation that was new in the same change takes the place of the first.
    const vouchedAdded = this.#isVouchedTwice
      ? this.#vouched.filter(
          ({ host, uid, incarnation }) =>
            this.#words.get(host)?.get(keyOf(uid, incarnation))?.vouched === undefined,
        )
      : this.#vouched;
    for (const words of this.#words.values())
      for (const { place, release, vouched } of words.values()) {
        if (release === 'gone') releasesRemoved.push(place);
        else if (release !== undefined) releasesAdded.push(release);
        if (vouched === 'gone') vouchedRemoved.push(place);
        else if (vouched !== undefined) vouchedAdded.push(vouched);
      }
    this.#words.clear();
    this.#vouched = [];
    this.#isVouchedTwice = false;
    return { releasesAdded, releasesRemoved, vouchedAdded, vouchedRemoved, hosts: [] };
  }

  /** Takes a change back that could not be made durable. What was learned since stands. */
  giveBack(change: FoldChange): void {
    const now = this.take();
    for (const part of [change, now]) {
      for (const release of part.releasesAdded) this.released(release);
      for (const place of part.releasesRemoved) this.releaseGone(place);
      for (const vouched of part.vouchedAdded) this.vouched(vouched, false);
      for (const place of part.vouchedRemoved) this.vouchedGone(place);
    }
  }

  #word({ uid, host, incarnation }: Place): Word {
    let words = this.#words.get(host);
    if (words === undefined) this.#words.set(host, (words = new Map()));
    const key = keyOf(uid, incarnation);
    let word = words.get(key);
    if (word === undefined) {
      word = { place: { uid, host, incarnation }, release: undefined, vouched: undefined };
      words.set(key, word);
    }
    return word;
  }
}

function keyOf(uid: ServoUid, incarnation: Incarnation): string {
  return `${uid} ${incarnation}`;
}
