// Ed25519 signatures over canonical bytes: made with the installation's order key, checked with its public half.
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** Bytes of one Ed25519 signature. */
export const signatureBytes = 64;

/** Signs with this private key (PEM, PKCS #8). Throws a `TypeError` when it is no Ed25519 private key. */
export function orderSigner(privateKeyPem: string): (bytes: Uint8Array) => Uint8Array {
  const key = ed25519(() => createPrivateKey(privateKeyPem), 'private');
  return (bytes) => new Uint8Array(sign(null, bytes, key));
}

/**
 * Whether one of these keys (PEM, SubjectPublicKeyInfo) made a signature: several, so that keys can be changed one host at
 * a time. Throws a `TypeError` when there is none, or one is no Ed25519 public key. A malformed signature is just false.
 */
export function orderVerifier(
  publicKeyPems: readonly string[],
): (bytes: Uint8Array, signature: Uint8Array) => boolean {
  if (publicKeyPems.length === 0) throw new TypeError('no order key: want at least one Ed25519 public key');
  const keys = publicKeyPems.map((pem) => {
    if (pem.includes('PRIVATE KEY'))
      throw new TypeError(
        'a private key in the place of the public order key: only the coordinator has that',
      );
    return ed25519(() => createPublicKey(pem), 'public');
  });
  return (bytes, signature) =>
    signature.length === signatureBytes && keys.some((key) => verify(null, bytes, key, signature));
}

function ed25519(read: () => KeyObject, half: 'private' | 'public'): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw new TypeError(`not a ${half} key in PEM: want Ed25519, as \`servoctl pki\` makes it`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new TypeError(
      `a ${half} key of the type ${key.asymmetricKeyType ?? 'none'}: want Ed25519, as \`servoctl pki\` makes it`,
    );
  return key;
}
