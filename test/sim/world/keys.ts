// The order key of every simulated installation: the same each time, so that signatures are too.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { orderSigner, orderVerifier } from '@servo-auditor/proto/sign.ts';

/** PKCS #8 of an Ed25519 key, up to its 32 bytes. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const secret = createPrivateKey({
  key: Buffer.concat([pkcs8, Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});

export const sign = orderSigner(secret.export({ type: 'pkcs8', format: 'pem' }).toString());
export const verify = orderVerifier([
  createPublicKey(secret).export({ type: 'spki', format: 'pem' }).toString(),
]);
