// Who speaks: the URI SAN of the peer's certificate, which TLS has verified. Never a field of a message, never an address.
import { X509Certificate } from 'node:crypto';
import { isId, spellingOf, type CellId, type CoordinatorId, type HostId, type OperatorName } from './ids.ts';

/** Roles of operators; each may do what the ones before it may. */
export const roles = ['viewer', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Whether `role` may do what needs `least`. */
export function mayActAs(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least);
}

export type Peer =
  | { readonly kind: 'host'; readonly id: HostId; readonly cell: CellId }
  | { readonly kind: 'coordinator'; readonly id: CoordinatorId }
  | { readonly kind: 'operator'; readonly name: OperatorName; readonly role: Role };

/** The certificate does not say who speaks, or not as somebody of this trust domain. For people. */
export class NotTrusted extends Error {
  override readonly name = 'NotTrusted';
}

/** What a handler is called with, as far as it matters here. */
export interface Caller {
  getAuthContext(): { readonly sslPeerCertificate?: { readonly raw: Buffer } };
}

/** The one URI SAN of the peer. Throws `NotTrusted` when there is no certificate, or not exactly one URI in it. */
export function peerUri(call: Caller): string {
  return uriOf(certificateOf(call));
}

/**
 * Who calls. A host's certificate carries its cell, an operator's the role, as the one OU of the subject.
 * @param trustDomain of this installation, as in `spiffe://<trust domain>/host/<id>`.
 * Throws `NotTrusted`.
 */
export function peerOf(call: Caller, trustDomain: string): Peer {
  const certificate = certificateOf(call);
  const uri = uriOf(certificate);
  const { domain, kind, id } = parseUri(uri);
  if (domain !== trustDomain)
    throw new NotTrusted(`${uri} is of another trust domain; want spiffe://${trustDomain}/...`);
  if (kind === 'coordinator') return { kind, id: checked('coordinator', id, uri) };
  const unit = unitOf(certificate, uri);
  if (kind === 'host')
    return { kind, id: checked('host', id, uri), cell: checked('cell', unit, `${uri}, OU`) };
  const role = roles.find((known) => known === unit);
  if (role === undefined)
    throw new NotTrusted(
      `${uri} has the role ${JSON.stringify(unit)} as OU; want one of ${roles.join(', ')}`,
    );
  return { kind, name: checked('operator', id, uri), role };
}

/** The one URI SAN of a certificate. Throws `NotTrusted`. */
export function uriOf(certificate: X509Certificate): string {
  const san = certificate.subjectAltName ?? '';
  const uris = san.split(', ').filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  if (uri === undefined || uris.length !== 1)
    throw new NotTrusted(
      `the certificate has ${uris.length} URIs among its names (${san}); want exactly one`,
    );
  return uri.slice('URI:'.length);
}

export interface SpiffeUri {
  readonly domain: string;
  readonly kind: Peer['kind'];
  readonly id: string;
}

/** Takes `spiffe://<trust domain>/<kind>/<id>` apart. Throws `NotTrusted`. */
export function parseUri(uri: string): SpiffeUri {
  const match = /^spiffe:\/\/([a-z0-9][a-z0-9._-]{0,254})\/(host|coordinator|operator)\/([^/]+)$/.exec(uri);
  const [, domain, kind, id] = match ?? [];
  if (domain === undefined || id === undefined || kind === undefined)
    throw new NotTrusted(
      `${JSON.stringify(uri.slice(0, 200))} names nobody; want spiffe://<trust domain>/<host, coordinator or operator>/<id>`,
    );
  return { domain, kind: kind as Peer['kind'], id };
}

function certificateOf(call: Caller): X509Certificate {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  if (raw === undefined)
    throw new NotTrusted('no certificate; want one of this installation (`servoctl pki`)');
  return new X509Certificate(raw);
}

/** The subject's one OU. Node types it as a string; several come as a list. */
function unitOf(certificate: X509Certificate, uri: string): string {
  const unit: unknown = certificate.toLegacyObject().subject.OU;
  if (typeof unit === 'string') return unit;
  throw new NotTrusted(
    `${uri} has ${unit === undefined ? 'no' : 'several'} OU in its subject; want exactly one`,
  );
}

function checked<K extends 'host' | 'cell' | 'coordinator' | 'operator'>(kind: K, id: string, where: string) {
  if (isId(kind, id)) return id;
  throw new NotTrusted(
    `${where}: ${JSON.stringify(id.slice(0, 80))} is no ${kind} id; want ${spellingOf(kind)}`,
  );
}
