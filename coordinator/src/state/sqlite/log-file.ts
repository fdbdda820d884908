// The write-ahead log, looked at before SQLite does. SQLite ends its reading at the first frame that does not fit, and takes the
// rest for what a crash left half-written. That can only be the last transaction: each was durable before the next began. Where
// more follows, the log is damaged, and going on would forget in silence what was decided. The format is SQLite's own, and fixed
// (https://sqlite.org/fileformat2.html#the_write_ahead_log).
import { existsSync, readFileSync, statSync } from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit tells in which byte order the sums were made. */
const magic = 0x377f0682;
/** All that SQLite knows. */
const pageSizes = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

interface Sum {
  readonly a: number;
  readonly b: number;
}

/** What is wrong with the log of a database that nobody has open. Undefined: nothing, or there is none. */
export function damagedLog(databaseFile: string): string | undefined {
  const file = `${databaseFile}-wal`;
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  // The file is never empty once there is a transaction. SQLite would take it for a new one, and remove the log.
  if (bytes.length >= headerBytes + frameHeaderBytes && statSync(databaseFile).size === 0)
    return 'it is empty, and its log is not';
  return damageIn(bytes);
}

/** The same, of the bytes of a log. Pure. */
export function damageIn(bytes: Buffer): string | undefined {
  if (bytes.length < headerBytes + frameHeaderBytes) return undefined;
  const kind = bytes.readUInt32BE(0);
  const isKnown = (kind & ~1) >>> 0 === magic;
  const little = kind === magic;
  if (!isKnown || !fits(headSum(bytes, little), bytes, 24)) return damageOfHead(bytes);
  const log = new Log(bytes, bytes.readUInt32BE(8), little);
  const good = log.goodFrames();
  return log.transactionsBehind(good) > 0
    ? `frame ${good + 1} of its log is damaged, and more follow`
    : undefined;
}

/** A head that was never durable has no frames: whichever part of it is damaged, the first frame tells that it was. */
function damageOfHead(bytes: Buffer): string | undefined {
  const kept = sumAt(bytes, 24);
  for (const little of [true, false])
    for (const pageBytes of pageSizes)
      for (const from of [kept, headSum(bytes, little)])
        if (new Log(bytes, pageBytes, little).isFirst(from)) return 'the head of its log is damaged';
  return undefined;
}

class Log {
  readonly #bytes: Buffer;
  readonly #frameBytes: number;
  readonly #frames: number;
  readonly #little: boolean;

  constructor(bytes: Buffer, pageBytes: number, little: boolean) {
    this.#bytes = bytes;
    this.#little = little;
    this.#frameBytes = frameHeaderBytes + pageBytes;
    this.#frames = Math.floor((bytes.length - headerBytes) / this.#frameBytes);
  }

  /** Frames that SQLite will read. */
  goodFrames(): number {
    let sum = sumAt(this.#bytes, 24);
    for (let n = 0; n < this.#frames; n++) {
      sum = this.#sumAfter(n, sum);
      if (!this.#isOurs(n) || !fits(sum, this.#frame(n), 16)) return n;
    }
    return this.#frames;
  }

  /** Whether the first frame was written after a head with this sum. */
  isFirst(head: Sum): boolean {
    return this.#frames > 0 && fits(this.#sumAfter(0, head), this.#frame(0), 16);
  }

  /** Transactions that ended before the last frame that is ours, from a frame on that does not fit. */
  transactionsBehind(from: number): number {
    let last = this.#frames - 1;
    while (last >= from && !this.#isOurs(last)) last--;
    let ends = 0;
    for (let n = from; n < last; n++)
      if (this.#isNearlyOurs(n) && this.#frame(n).readUInt32BE(4) !== 0) ends++;
    return ends;
  }

  #frame(n: number): Buffer {
    const at = headerBytes + n * this.#frameBytes;
    return this.#bytes.subarray(at, at + this.#frameBytes);
  }

  #sumAfter(n: number, before: Sum): Sum {
    const frame = this.#frame(n);
    return sumOf(
      frame.subarray(frameHeaderBytes),
      sumOf(frame.subarray(0, 8), before, this.#little),
      this.#little,
    );
  }

  /** An earlier log's frames, which are only written over, have other salts. */
  #isOurs(n: number): boolean {
    return this.#frame(n).subarray(8, 16).equals(this.#bytes.subarray(16, 24));
  }

  /** Damage changes some of the eight bytes; an earlier log differs in most of them. */
  #isNearlyOurs(n: number): boolean {
    const salts = this.#frame(n).subarray(8, 16);
    return this.#bytes.subarray(16, 24).filter((byte, i) => salts[i] !== byte).length <= 2;
  }
}

function headSum(bytes: Buffer, little: boolean): Sum {
  return sumOf(bytes.subarray(0, 24), { a: 0, b: 0 }, little);
}

function sumAt(bytes: Buffer, at: number): Sum {
  return { a: bytes.readUInt32BE(at), b: bytes.readUInt32BE(at + 4) };
}

function fits({ a, b }: Sum, bytes: Buffer, at: number): boolean {
  const kept = sumAt(bytes, at);
  return kept.a === a && kept.b === b;
}

function sumOf(bytes: Buffer, from: Sum, little: boolean): Sum {
  let { a, b } = from;
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + b) >>> 0;
    b = (b + (little ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + a) >>> 0;
  }
  return { a, b };
}
