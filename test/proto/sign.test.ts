import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { orderSigner, orderVerifier } from '../../proto/src/sign.ts';

const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    open: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};
const bytes = new TextEncoder().encode('an order');

t.test('the vector of RFC 8032, 7.1, test 2', (t) => {
  const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const signature = orderSigner(key.export({ type: 'pkcs8', format: 'pem' }).toString())(Uint8Array.of(0x72));
  t.equal(
    Buffer.from(signature).toString('hex'),
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  );
  const open = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  t.ok(orderVerifier([open])(Uint8Array.of(0x72), signature));
  t.end();
});

t.test('a signature holds for its key and its bytes only', (t) => {
  const ours = pair();
  const other = pair();
  const signature = orderSigner(ours.secret)(bytes);
  t.ok(orderVerifier([ours.open])(bytes, signature));
  t.ok(orderVerifier([other.open, ours.open])(bytes, signature), 'while keys are changed');
  t.notOk(orderVerifier([other.open])(bytes, signature));
  t.notOk(orderVerifier([ours.open])(new TextEncoder().encode('another'), signature));
  for (let i = 0; i < signature.length; i++) {
    const bent = Uint8Array.from(signature, (byte, at) => (at === i ? byte ^ 1 : byte));
    t.notOk(orderVerifier([ours.open])(bytes, bent), `byte ${i}`);
  }
  for (const length of [0, 63, 65]) t.notOk(orderVerifier([ours.open])(bytes, new Uint8Array(length)));
  t.end();
});

t.test('only Ed25519 keys, each in its place', (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const ours = pair();
  t.throws(() => orderSigner('nonsense'), { message: /not a private key in PEM: want Ed25519/ });
  t.throws(() => orderSigner(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()), {
    message: /type rsa: want Ed25519/,
  });
  t.throws(() => orderSigner(ours.open), TypeError);
  t.throws(() => orderVerifier([]), { message: /no order key/ });
  t.throws(() => orderVerifier([ours.secret]), { message: /a private key in the place of the public/ });
  t.throws(() => orderVerifier(['nonsense']), TypeError);
  t.throws(() => orderVerifier([rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()]), {
    message: /type rsa/,
  });
  t.end();
});
