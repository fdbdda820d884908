// Signatures of orders, closes and yeses: what was signed verifies, and nothing else does, whatever is changed in the value, in
// the signature, or in which kind of value it stands under. (A receipt bears no signature: the host's certificate vouches for it.)
import * as fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { closeBytes, orderBytes, yesBytes } from '../../../proto/src/canonical.ts';
import { Malformed } from '../../../proto/src/malformed.ts';
import * as codecs from '../../../proto/src/messages.ts';
import { orderSigner, orderVerifier } from '../../../proto/src/sign.ts';
import type { SignedClose, SignedOrder, SignedYes } from '../../../proto/src/wire.ts';
import { confirmReply, coordinatorMessage } from '../../proto/support/arbitraries.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { mutateValue } from '../mutate/value.ts';
import { must, type Target } from '../target.ts';

type Signed =
  | { readonly kind: 'order'; readonly value: SignedOrder }
  | { readonly kind: 'close'; readonly value: SignedClose }
  | { readonly kind: 'yes'; readonly value: SignedYes };

/** What was signed, and what came. */
interface Given {
  readonly at: number;
  readonly kind: Signed['kind'];
  readonly raw: unknown;
}

const codecOf = { order: codecs.order, close: codecs.closeOrder, yes: codecs.yes } as const;

function bytesOf({ kind, value }: Signed): Uint8Array {
  switch (kind) {
    case 'order':
      return orderBytes(value);
    case 'close':
      return closeBytes(value);
    case 'yes':
      return yesBytes(value);
  }
}

export const signatures: Target = {
  name: 'signatures',
  about: 'signatures of orders, closes and yeses',
  open() {
    const pair = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const sign = orderSigner(pair.privateKey);
    const verify = orderVerifier([pair.publicKey]);
    const signed = samples().map(
      (one) => ({ ...one, value: { ...one.value, signature: sign(bytesOf(one)) } }) as Signed,
    );
    return {
      make(random): Given {
        const at = random.below(signed.length);
        const one = signed[at] as Signed;
        const encoded = codecOf[one.kind].encode(one.value as never) as { readonly signature: Uint8Array };
        const { signature: _own, ...terms } = encoded;
        // The key is another one in every process: a signature is named by its changes, not by its bytes.
        const mask = random.once(3) ? mutateBytes(random, new Uint8Array(64), []) : new Uint8Array(64);
        const kind = random.once(20) ? random.pick(['order', 'close', 'yes'] as const) : one.kind;
        return { at, kind, raw: { terms: random.once(3) ? terms : mutateValue(random, terms), mask } };
      },
      run(input) {
        const { at, kind, raw } = input as Given;
        const one = signed[at];
        const { terms, mask } = raw as { readonly terms: object; readonly mask: Uint8Array };
        if (one === undefined || !(mask instanceof Uint8Array)) return;
        const signature = masked(one.value.signature, mask);
        const value = read(
          kind,
          typeof terms === 'object' && terms !== null ? { ...terms, signature } : terms,
        );
        if (value === undefined) return;
        const isSame = isDeepStrictEqual({ kind, value }, { kind: one.kind, value: one.value });
        const verified = verify(bytesOf({ kind, value } as Signed), value.signature);
        must(
          verified === isSame,
          verified ? 'something else verifies' : 'what was signed does not verify',
          one,
          value,
        );
      },
    };
  },
};

function samples(): readonly Signed[] {
  const sent = fc
    .sample(coordinatorMessage, { seed: 3, numRuns: 300 })
    .flatMap((message): readonly Signed[] => {
      if (message.kind === 'order') return [{ kind: 'order', value: message.order }];
      return message.kind === 'closeOrder' ? [{ kind: 'close', value: message.close }] : [];
    });
  const yeses = fc
    .sample(confirmReply, { seed: 3, numRuns: 60 })
    .flatMap((reply): readonly Signed[] => (reply.kind === 'yes' ? [{ kind: 'yes', value: reply.yes }] : []));
  return [...sent, ...yeses];
}

function masked(signature: Uint8Array, mask: Uint8Array): Uint8Array {
  return mask.map((byte, i) => byte ^ (signature[i] ?? 0));
}

function read(kind: Signed['kind'], raw: unknown): Signed['value'] | undefined {
  try {
    return codecOf[kind].decode(raw, { parent: undefined, name: kind });
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
