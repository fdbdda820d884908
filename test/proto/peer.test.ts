// What a URI and a role mean by themselves; certificates and calls: tls.test.ts.
import t from 'tap';
import { mayActAs, NotTrusted, parseUri, peerOf, peerUri, roles } from '../../proto/src/peer.ts';

t.test('a URI is taken apart, or refused', (t) => {
  t.strictSame(parseUri('spiffe://acme.example/host/h1'), { domain: 'acme.example', kind: 'host', id: 'h1' });
  t.strictSame(parseUri('spiffe://a/operator/ann'), { domain: 'a', kind: 'operator', id: 'ann' });
  for (const uri of [
    '',
    'spiffe://',
    'spiffe:///host/h1',
    'spiffe://acme',
    'spiffe://acme/host',
    'spiffe://acme/host/',
    'spiffe://acme/host/h1/',
    'spiffe://acme/Host/h1',
    'spiffe://ACME/host/h1',
    'spiffe://acme:443/host/h1',
    'spiffe://user@acme/host/h1',
    ' spiffe://acme/host/h1',
    'spiffe://acme/host/h1\n/x',
    'http://acme/host/h1',
  ])
    t.throws(
      () => parseUri(uri),
      { name: 'NotTrusted', message: /names nobody; want spiffe:/ },
      JSON.stringify(uri),
    );
  t.end();
});

t.test('each role may do what the ones before it may', (t) => {
  for (const [i, role] of roles.entries())
    for (const [j, least] of roles.entries()) t.equal(mayActAs(role, least), i >= j, `${role} as ${least}`);
  t.end();
});

t.test('without a certificate nobody speaks', (t) => {
  const call = { getAuthContext: () => ({}) };
  t.throws(() => peerUri(call), NotTrusted);
  t.throws(() => peerOf(call, 'acme'), { message: /no certificate; want one of this installation/ });
  t.end();
});
