// A snapshot on its way in: begin, chunks, end, within limits and in one piece.
import { maxServosPerChunk, maxServosPerHost } from '@servo-auditor/proto/limits.ts';
import type { Servo, SnapshotBegin } from '@servo-auditor/proto/wire.ts';

/** The message does not fit where the session stands. The session ends. */
export class OutOfPlace extends Error {}

export class Inbox {
  #begin: SnapshotBegin | undefined;
  #servos: Servo[] = [];

  /** Whether a snapshot has begun and not ended. */
  get open(): boolean {
    return this.#begin !== undefined;
  }

  begin(begin: SnapshotBegin): void {
    if (this.#begin !== undefined)
      throw new OutOfPlace('snapshot_begin within a snapshot: want snapshot_chunk or snapshot_end');
    if (begin.count > maxServosPerHost)
      throw new OutOfPlace(`snapshot_begin.count is ${begin.count}: at most ${maxServosPerHost}`);
    this.#begin = begin;
    this.#servos = [];
  }

  chunk(servos: readonly Servo[]): void {
    if (this.#begin === undefined) throw new OutOfPlace('snapshot_chunk without snapshot_begin');
    if (servos.length > maxServosPerChunk)
      throw new OutOfPlace(`snapshot_chunk has ${servos.length} servos: at most ${maxServosPerChunk}`);
    if (this.#servos.length + servos.length > this.#begin.count)
      throw new OutOfPlace(`more servos than snapshot_begin.count (${this.#begin.count})`);
    for (const servo of servos) this.#servos.push(servo);
  }

  end(): { readonly begin: SnapshotBegin; readonly servos: readonly Servo[] } {
    const begin = this.#begin;
    const servos = this.#servos;
    if (begin === undefined) throw new OutOfPlace('snapshot_end without snapshot_begin');
    if (servos.length !== begin.count)
      throw new OutOfPlace(
        `snapshot ended with ${servos.length} servos, snapshot_begin.count was ${begin.count}`,
      );
    this.#begin = undefined;
    this.#servos = [];
    return { begin, servos };
  }
}
