// The bytes behind every digest and signature. Both programs, and every release of them, must make the same ones.
//
//   text(s)    4 bytes, big-endian: how many bytes follow; then s in UTF-8 (half a character as U+FFFD, as it is sent).
//   number(n)  8 bytes, big-endian: a whole number from 0 to 2^53 - 1.
//
//   identity   text("servo.v1/identity") text(generation) text(uid) text(incarnation) text(runtime id)
//   inventory  text("servo.v1/inventory") text(generation) number(how many servos)
//              and for each servo, in canonical order: text(uid) text(incarnation) text(runtime id)
//   servo      text("servo.v1/servo") text(uid) text(incarnation) text(runtime id)
//              number(1) text(project), or number(0) without one; text(state) text(contradiction)
//   order      text("servo.v1/order") text(id) text(installation) text(host) number(epoch)
//              number(decision version) text(decision hash) text(action) text(uid) text(incarnation) text(identity)
//              text(agent nonce) number(lives ms) number(how many acknowledged items)
//              and for each of them, as listed: text(path) text(content sha256); text(reason)
//   close      text("servo.v1/close") text(id) text(installation) text(host) number(epoch)
//   yes        text("servo.v1/yes") text(order id) number(epoch) text(boot id) text(nonce)
//
// The first text tells the kinds apart, so that no bytes of one kind are ever valid as another. Digests are SHA-256.
import { createHash, type Hash } from 'node:crypto';
import type { Digest, Generation } from './ids.ts';
import type { CloseOrder, Identity, Order, Servo, Yes } from './wire.ts';

/** Identity digest of one servo: what an order names. */
export function identityDigest(generation: Generation, servo: Identity): Digest {
  const hash = new Sink();
  hash.text('servo.v1/identity').text(generation);
  return hash.identity(servo).digest();
}

/** Canonical order: by uid, then incarnation, then runtime id, bytewise. Negative when `a` comes first, 0 when they are one. */
export function compareServos(a: Identity, b: Identity): number {
  return compare(a.uid, b.uid) || compare(a.incarnation, b.incarnation) || compare(a.runtimeId, b.runtimeId);
}

/** Ids are ASCII, for which the order of characters is that of bytes. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Digest of an inventory: count and identities; project, state and activity are not covered.
 * Throws a `RangeError` when the rows are not in canonical order, or one identity is there twice.
 */
export function inventoryDigest(generation: Generation, rows: readonly Identity[]): Digest {
  const hash = new Sink();
  hash.text('servo.v1/inventory').text(generation).number(rows.length);
  let last: Identity | undefined;
  for (const row of rows) {
    if (last !== undefined && compareServos(last, row) >= 0)
      throw new RangeError(`servo ${row.uid} is out of place: want rows in canonical order, none twice`);
    hash.identity(row);
    last = row;
  }
  return hash.digest();
}

/** The canonical form of one servo, the same for every generation. */
export function servoBytes(servo: Servo): Uint8Array {
  const sink = new Sink();
  sink.text('servo.v1/servo').identity(servo);
  if (servo.project === undefined) sink.number(0);
  else sink.number(1).text(servo.project);
  return sink.text(servo.state).text(servo.contradiction).bytes();
}

/** What an order's signature covers: all of it. */
export function orderBytes(order: Order): Uint8Array {
  const sink = new Sink();
  sink.text('servo.v1/order').text(order.id).text(order.installation).text(order.host).number(order.epoch);
  sink.number(order.decision.version).text(order.decision.hash);
  sink.text(order.action).text(order.uid).text(order.incarnation).text(order.identity);
  sink.text(order.agentNonce).number(order.livesMs).number(order.acknowledged.length);
  for (const item of order.acknowledged) sink.text(item.path).text(item.contentSha256);
  return sink.text(order.reason).bytes();
}

/** What the signature of a close request covers. */
export function closeBytes(close: CloseOrder): Uint8Array {
  const sink = new Sink();
  return sink
    .text('servo.v1/close')
    .text(close.id)
    .text(close.installation)
    .text(close.host)
    .number(close.epoch)
    .bytes();
}

/** What the signature of a yes covers. */
export function yesBytes(yes: Yes): Uint8Array {
  const sink = new Sink();
  return sink
    .text('servo.v1/yes')
    .text(yes.orderId)
    .number(yes.epoch)
    .text(yes.bootId)
    .text(yes.nonce)
    .bytes();
}

/** SHA-256, 64 lower-case hex digits. A string counts as UTF-8. */
export function sha256Hex(data: string | Uint8Array): Digest {
  return createHash('sha256').update(data).digest('hex') as Digest;
}

/**
 * JSON with one spelling per value: no white space, the keys of every object in the order of their UTF-16 units, entries that are
 * `undefined` left out. Throws a `TypeError` for what JSON would change in silence: NaN, bigint, Date, Map, functions.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON: want a finite number`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (!isPlainObject(value)) throw new TypeError(`${typeof value} has no canonical JSON: want plain data`);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => compare(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** How many bytes of an inventory are gathered before they are hashed: enough that hashing costs, not calling. */
const gatherBytes = 64 * 1024;

/** Takes texts and numbers in; gives their bytes, or the hash of them, out. */
class Sink {
  readonly #hash: Hash = createHash('sha256');
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;
  #hashed = false;

  text(text: string): this {
    this.#room(4 + text.length * 3);
    const bytes = this.#buffer.write(text, this.#length + 4, 'utf8');
    this.#buffer.writeUInt32BE(bytes, this.#length);
    this.#length += 4 + bytes;
    return this;
  }

  number(n: number): this {
    if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${n} is no whole number from 0 to 2^53 - 1`);
    this.#room(8);
    this.#buffer.writeBigUInt64BE(BigInt(n), this.#length);
    this.#length += 8;
    return this;
  }

  identity(servo: Identity): this {
    if (this.#length > gatherBytes) this.#drain();
    return this.text(servo.uid).text(servo.incarnation).text(servo.runtimeId);
  }

  bytes(): Uint8Array {
    if (this.#hashed) throw new Error('these bytes were hashed away');
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  digest(): Digest {
    this.#drain();
    return this.#hash.digest('hex') as Digest;
  }

  #drain(): void {
    this.#hash.update(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    this.#hashed = true;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
