// The bytes behind digests and signatures, and canonical JSON.
//
// A reader of its own, written from the definition at the head of canonical.ts, takes the bytes apart again: every order, close,
// yes and servo comes back as it was, so no two of them share bytes; and bytes that it reads as a right order are the ones
// that this order has.
import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import {
  canonicalJson,
  closeBytes,
  compareServos,
  identityDigest,
  inventoryDigest,
  orderBytes,
  servoBytes,
  yesBytes,
} from '../../../proto/src/canonical.ts';
import { Malformed } from '../../../proto/src/malformed.ts';
import * as codecs from '../../../proto/src/messages.ts';
import { parseId } from '../../../proto/src/ids.ts';
import type { Identity, Order, Servo } from '../../../proto/src/wire.ts';
import { order, servo } from '../../proto/support/arbitraries.ts';
import { readCanonical } from '../support/canonical.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { anyValue, mutateValue, isPlain } from '../mutate/value.ts';
import { must, type Target } from '../target.ts';

const fixed = { seed: 2, numRuns: 200 };
const generation = parseId('generation', 'sqlite/process');

type Canonical =
  | { readonly kind: 'order'; readonly raw: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'servos'; readonly raw: readonly unknown[] }
  | { readonly kind: 'json'; readonly value: unknown };

export const canonical: Target = {
  name: 'canonical',
  about: 'the bytes behind digests and signatures, and canonical JSON',
  open() {
    const orders = fc.sample(order, fixed).map((value) => codecs.order.encode(value));
    const servos = fc.sample(servo, fixed).map((value) => codecs.servo.encode(value as Servo));
    const bytes = fc.sample(order, fixed).map(orderBytes);
    return {
      make(random): Canonical {
        switch (random.below(4)) {
          case 0:
            return { kind: 'order', raw: mutateValue(random, random.pick(orders)) };
          case 1:
            return { kind: 'bytes', bytes: mutateBytes(random, random.pick(bytes), bytes) };
          case 2:
            return {
              kind: 'servos',
              raw: Array.from({ length: random.below(5) }, () =>
                random.once(2) ? random.pick(servos) : mutateValue(random, random.pick(servos)),
              ),
            };
          default:
            return {
              kind: 'json',
              value: random.once(2) ? anyValue(random, 4) : mutateValue(random, random.pick(orders)),
            };
        }
      },
      run(input) {
        const given = input as Canonical;
        if (given.kind === 'order') ordered(given.raw);
        else if (given.kind === 'bytes') readBack(given.bytes);
        else if (given.kind === 'servos') inventoried(given.raw);
        else if (given.kind === 'json') written(given.value);
      },
    };
  },
};

function decoded<T>(
  codec: { decode(raw: unknown, place: { parent: undefined; name: string }): T },
  raw: unknown,
): T | undefined {
  try {
    return codec.decode(raw, { parent: undefined, name: 'x' });
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function ordered(raw: unknown): void {
  const value = decoded(codecs.order, raw);
  if (value === undefined) return;
  const { signature: _, ...terms } = value;
  const bytes = orderBytes(value);
  must(
    isDeepStrictEqual(readCanonical(bytes), { kind: 'order', ...terms }),
    'an order does not come back from its bytes',
    value,
  );
  const { id, installation, host, epoch } = value;
  const close = { id, installation, host, epoch };
  must(
    isDeepStrictEqual(readCanonical(closeBytes(close)), { kind: 'close', ...close }),
    'a close does not come back',
    close,
  );
  const yes = { orderId: id, epoch, bootId: parseId('boot', host), nonce: value.agentNonce };
  must(
    isDeepStrictEqual(readCanonical(yesBytes(yes)), { kind: 'yes', ...yes }),
    'a yes does not come back',
    yes,
  );
}

function readBack(bytes: Uint8Array): void {
  const read = readCanonical(bytes);
  if (read?.['kind'] !== 'order') return;
  const { kind: _, ...terms } = read;
  const value = decoded(
    codecs.order,
    codecs.order.encode({ ...(terms as unknown as Order), signature: new Uint8Array(64) }),
  );
  // A codec writes words in the wire's own letters, so that another spelling of one would come back as the word.
  if (value === undefined || value.action !== terms['action']) return;
  must(
    Buffer.compare(orderBytes(value), bytes) === 0,
    'bytes that read as an order are not those of that order',
    value,
  );
}

function inventoried(raws: readonly unknown[]): void {
  const rows = raws.flatMap((raw) => decoded(codecs.servo, raw) ?? []);
  const isSorted = rows.every((row, i) => {
    const before = rows[i - 1];
    return before === undefined || compareServos(before, row) < 0;
  });
  const digest = digestOf(rows);
  must((digest !== undefined) === isSorted, 'rows out of order, or twice, have a digest', rows);
  for (const row of rows) {
    const { uid, incarnation, runtimeId, project, state, contradiction } = row;
    const back = {
      kind: 'servo',
      uid,
      incarnation,
      runtimeId,
      ...(project === undefined ? {} : { project }),
      state,
      contradiction,
    };
    must(
      isDeepStrictEqual(readCanonical(servoBytes(row)), back),
      'a servo does not come back from its bytes',
      row,
    );
    if (digest !== undefined && rows.length === 1)
      must(identityDigest(generation, row) !== digest, 'two kinds share a digest', row);
  }
}

function digestOf(rows: readonly Identity[]): string | undefined {
  try {
    return inventoryDigest(generation, rows);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function written(value: unknown): void {
  // V8 13.6 reads the key "\n" as "\\" once it has seen an object with that key at this place: no key with a backslash here.
  if (hasBackslashKey(value)) return;
  let text: string;
  try {
    text = canonicalJson(value);
  } catch (error) {
    must(error instanceof TypeError && !isJson(value), 'plain data is refused', value, error);
    return;
  }
  const back: unknown = JSON.parse(text);
  must(isDeepStrictEqual(plain(back), plain(value)), 'canonical JSON means something else', value, text);
  must(canonicalJson(back) === text, 'canonical JSON has two spellings', value, text);
}

function hasBackslashKey(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasBackslashKey);
  return (
    isPlain(value) && Object.entries(value).some(([key, item]) => key.includes('\\') || hasBackslashKey(item))
  );
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (isPlain(value)) return Object.values(value).every((item) => item === undefined || isJson(item));
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

/** JSON knows neither -0 nor fields that are undefined, nor the order of fields. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (Array.isArray(value)) return value.map(plain);
  if (!isPlain(value)) return value;
  return new Map(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, plain(item)]),
  );
}
