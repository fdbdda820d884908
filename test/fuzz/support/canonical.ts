// Takes canonical bytes apart again. Written from the definition, by none of the code that makes them.

/** What the bytes say, under the names that the values have; undefined where they are no whole such value. */
export function readCanonical(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const from = new Reader(bytes);
  try {
    const value = valueOf(from);
    return from.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function valueOf(from: Reader): Readonly<Record<string, unknown>> | undefined {
  switch (from.text()) {
    case 'servo.v1/order':
      return {
        kind: 'order',
        ...names(from),
        decision: { version: from.number(), hash: from.text() },
        action: from.text(),
        uid: from.text(),
        incarnation: from.text(),
        identity: from.text(),
        agentNonce: from.text(),
        livesMs: from.number(),
        acknowledged: from.list(() => ({ path: from.text(), contentSha256: from.text() })),
        reason: from.text(),
      };
    case 'servo.v1/close':
      return { kind: 'close', ...names(from) };
    case 'servo.v1/yes':
      return {
        kind: 'yes',
        orderId: from.text(),
        epoch: from.number(),
        bootId: from.text(),
        nonce: from.text(),
      };
    case 'servo.v1/servo': {
      const identity = { uid: from.text(), incarnation: from.text(), runtimeId: from.text() };
      const project = from.list(() => from.text());
      if (project.length > 1) throw new RangeError('several projects');
      const own = project.length === 1 ? { project: project[0] } : {};
      return { kind: 'servo', ...identity, ...own, state: from.text(), contradiction: from.text() };
    }
    default:
      return undefined;
  }
}

function names(from: Reader): Readonly<Record<string, unknown>> {
  return { id: from.text(), installation: from.text(), host: from.text(), epoch: from.number() };
}

/** Throws a `RangeError` where the bytes end too early, or are no text. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  text(): string {
    const length = this.#bytes.readUInt32BE(this.#at);
    const from = this.#at + 4;
    if (from + length > this.#bytes.length) throw new RangeError('too short');
    this.#at = from + length;
    const part = this.#bytes.subarray(from, this.#at);
    const text = part.toString('utf8');
    if (Buffer.compare(Buffer.from(text), part) !== 0) throw new RangeError('not UTF-8');
    return text;
  }

  number(): number {
    const value = Number(this.#bytes.readBigUInt64BE(this.#at));
    if (!Number.isSafeInteger(value)) throw new RangeError('too large');
    this.#at += 8;
    return value;
  }

  list<T>(item: () => T): readonly T[] {
    const items: T[] = [];
    for (let left = this.number(); left > 0; left--) items.push(item());
    return items;
  }
}
