// Certificates and the order key of one installation, made offline in one folder. Who somebody is stands in the URI SAN of the
// certificate, which TLS verifies: spiffe://<trust domain>/<host, coordinator or operator>/<id>; a host's cell and an
// operator's role stand in the one OU of the subject.
//
// Nothing is ever overwritten, and no key is readable by others. An identity is one folder that is moved in whole: after a
// crash it is there, or it is not.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  cryptoProvider,
  type JsonGeneralName,
  type JsonName,
} from '@peculiar/x509';
import { KeyObject, createPrivateKey, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import type { CellId, CoordinatorId, HostId, OperatorName } from '@servo-auditor/proto/ids.ts';
import { parseUri, type Role } from '@servo-auditor/proto/peer.ts';
import { readSecret, type TlsFiles } from '@servo-auditor/proto/tls.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** An authority outlives its certificates; it is replaced by making a second one and trusting both for a while. */
const caLivesMs = 3650 * dayMs;
/** Renewed by hand until renewal is a command: short enough that a lost key ends, long enough that nobody forgets weekly. */
const certificateLivesMs = 397 * dayMs;
/** Machines whose clock is a little behind accept a new certificate at once. */
const backdateMs = 60 * 60 * 1000;

/** The request does not fit the folder (already there, no authority yet). Nothing was written. For people. */
export class PkiRefused extends Error {
  override readonly name = 'PkiRefused';
}

/** Paths of the two halves of the key that signs orders. */
export interface OrderKeyFiles {
  /** For the coordinator, and nobody else. */
  readonly privateKey: string;
  /** For every agent. */
  readonly publicKey: string;
}

/** Paths of the authority's certificate (for everybody) and key (to be kept offline). */
export interface CaFiles {
  readonly cert: string;
  readonly key: string;
}

type Algorithm = { readonly name: 'ECDSA'; readonly namedCurve: 'P-256'; readonly hash: 'SHA-256' };
const p256: Algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

cryptoProvider.set(webcrypto);

/**
 * Makes the authority: `<dir>/ca.pem` and `<dir>/ca.key`.
 * @param trustDomain lower-case letters, digits, ".", "_" and "-": the name of the installation in every certificate.
 * Throws `PkiRefused` when there is one already.
 */
export async function createCa(dir: string, trustDomain: string): Promise<CaFiles> {
  const uri = `spiffe://${trustDomain}`;
  parseUri(`${uri}/host/h`);
  const files = caFiles(dir);
  for (const file of [files.cert, files.key]) refuseExisting(file);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: nameOf(`Servo Auditor ${trustDomain}`),
    ...validity(caLivesMs),
    keys,
    signingAlgorithm: p256,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new SubjectAlternativeNameExtension([{ type: 'url', value: uri }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  write(files.key, pemOf(keys.privateKey), 0o600);
  write(files.cert, `${certificate.toString('pem')}\n`, 0o644);
  return files;
}

/** A host's certificate, in `<dir>/hosts/<id>/`: it may speak of itself only, as a member of this cell. */
export async function issueHost(dir: string, id: HostId, cell: CellId): Promise<TlsFiles> {
  return await issue(dir, { kind: 'host', id, unit: cell, names: [], usages: [ExtendedKeyUsage.clientAuth] });
}

/**
 * A coordinator's certificate, in `<dir>/coordinators/<id>/`.
 * @param names DNS names and IP addresses at which agents and operators reach it; at least one.
 */
export async function issueCoordinator(
  dir: string,
  id: CoordinatorId,
  names: readonly string[],
): Promise<TlsFiles> {
  if (names.length === 0)
    throw new PkiRefused(`coordinator ${id} has no name; want the DNS names or addresses that agents call`);
  const usages = [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth];
  return await issue(dir, { kind: 'coordinator', id, unit: undefined, names: names.map(serverName), usages });
}

/** An operator's certificate with a role, in `<dir>/operators/<name>/`. */
export async function issueOperator(dir: string, name: OperatorName, role: Role): Promise<TlsFiles> {
  const usages = [ExtendedKeyUsage.clientAuth];
  return await issue(dir, { kind: 'operator', id: name, unit: role, names: [], usages });
}

/** The Ed25519 key that signs orders, in `<dir>/order-key/`. Throws `PkiRefused` when there is one already. */
export async function createOrderKey(dir: string): Promise<OrderKeyFiles> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const folder = await fillFolder(join(dir, 'order-key'), [
    { name: 'private.pem', text: privateKey.export({ type: 'pkcs8', format: 'pem' }), mode: 0o600 },
    { name: 'public.pem', text: publicKey.export({ type: 'spki', format: 'pem' }), mode: 0o644 },
  ]);
  return { privateKey: join(folder, 'private.pem'), publicKey: join(folder, 'public.pem') };
}

interface Wanted {
  readonly kind: 'host' | 'coordinator' | 'operator';
  readonly id: string;
  readonly unit: string | undefined;
  readonly names: readonly JsonGeneralName[];
  readonly usages: readonly ExtendedKeyUsage[];
}

async function issue(dir: string, { kind, id, unit, names, usages }: Wanted): Promise<TlsFiles> {
  const ca = await readCa(dir);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: nameOf(id, unit),
    issuer: ca.certificate.subjectName.toJSON(),
    ...validity(certificateLivesMs),
    publicKey: keys.publicKey,
    signingKey: ca.key,
    signingAlgorithm: p256,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([...usages]),
      new SubjectAlternativeNameExtension([
        { type: 'url', value: `spiffe://${ca.trustDomain}/${kind}/${id}` },
        ...names,
      ]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(ca.certificate),
    ],
  });
  const folder = await fillFolder(join(dir, `${kind}s`, id), [
    { name: 'ca.pem', text: ca.pem, mode: 0o644 },
    { name: 'cert.pem', text: `${certificate.toString('pem')}\n`, mode: 0o644 },
    { name: 'key.pem', text: pemOf(keys.privateKey), mode: 0o600 },
  ]);
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
}

async function readCa(dir: string) {
  const files = caFiles(dir);
  for (const file of [files.cert, files.key])
    if (!existsSync(file))
      throw new PkiRefused(
        `${file} is not there; make the authority first: servoctl pki init --dir ${dir} --trust-domain <name>`,
      );
  const pem = readFileSync(files.cert, 'utf8');
  const certificate = new X509Certificate(pem);
  const uri = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items[0]?.value ?? '';
  const trustDomain = uri.replace(/^spiffe:\/\//, '');
  parseUri(`spiffe://${trustDomain}/host/h`);
  const secret = createPrivateKey(readSecret(files.key));
  const pkcs8 = secret.export({ type: 'pkcs8', format: 'der' });
  const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, p256, false, ['sign']);
  return { pem, certificate, trustDomain, key };
}

interface FileToWrite {
  readonly name: string;
  readonly text: string | Buffer;
  readonly mode: number;
}

/** Makes a folder with these files, or nothing at all. */
async function fillFolder(folder: string, files: readonly FileToWrite[]): Promise<string> {
  refuseExisting(folder);
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const fresh = mkdtempSync(`${folder}.new-`);
  try {
    for (const { name, text, mode } of files) write(join(fresh, name), text, mode);
    renameSync(fresh, folder);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`${folder}: cannot be written`, { cause });
  }
  return folder;
}

function write(file: string, text: string | Buffer, mode: number): void {
  writeFileSync(file, text, { mode, flag: 'wx', flush: true });
}

function refuseExisting(path: string): void {
  if (existsSync(path))
    throw new PkiRefused(`${path} is already there, and nothing is overwritten; move it away first`);
}

function caFiles(dir: string): CaFiles {
  return { cert: join(dir, 'ca.pem'), key: join(dir, 'ca.key') };
}

function serverName(name: string): JsonGeneralName {
  if (isIP(name) !== 0) return { type: 'ip', value: name };
  if (/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(name))
    return { type: 'dns', value: name };
  throw new PkiRefused(`${JSON.stringify(name)} is no name of a server; want a DNS name or an IP address`);
}

function nameOf(commonName: string, unit?: string): JsonName {
  return [{ CN: [commonName] }, ...(unit === undefined ? [] : [{ OU: [unit] }])];
}

function validity(livesMs: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - backdateMs), notAfter: new Date(now + livesMs) };
}

/** 16 random bytes; the first bit is clear, so that the number is positive, and the second set, so that it is not short. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(p256, true, ['sign', 'verify']);
}

function pemOf(key: webcrypto.CryptoKey): string | Buffer {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' });
}
