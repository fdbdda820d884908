// Mutual TLS 1.3, and nothing else, on every connection between our programs. Who the other side is: peer.ts.
import { ServerCredentials, credentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import tls from 'node:tls';
import { maxAdminReplyBytes, maxMessageBytes } from './limits.ts';
import { parseUri, uriOf } from './peer.ts';

export * from './peer.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** Certificates of the authorities that the other side's must come from. */
  readonly ca: string;
  /** Own certificate, followed by intermediate ones if there are any. */
  readonly cert: string;
  /** Own private key, which nobody else may read. */
  readonly key: string;
}

/** What `readTls` has read and checked. */
export interface Tls {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Own URI SAN. */
  readonly uri: string;
  /** Trust domain of the own URI: the other side's must be the same. */
  readonly trustDomain: string;
}

/** A file is missing, unreadable, readable by others, or does not fit the rest. For people; names the file. */
export class TlsUnfit extends Error {
  override readonly name = 'TlsUnfit';
}

/** Reads and checks the three files. Throws `TlsUnfit`: also when others may read the key. */
export function readTls(files: TlsFiles): Tls {
  const ca = read(files.ca);
  const cert = read(files.cert);
  const key = readSecret(files.key);
  parsed(files.ca, 'a certificate in PEM', () => new X509Certificate(ca));
  const own = parsed(files.cert, 'a certificate in PEM', () => new X509Certificate(cert));
  const secret = parsed<KeyObject>(files.key, 'a private key in PEM', () => createPrivateKey(key));
  if (!own.checkPrivateKey(secret)) {
    const stale = credentialOf(files.key) === undefined ? '' : ` (${staleCredential})`;
    throw new TlsUnfit(
      `${files.key}: is not the key of ${files.cert}; want the key that was made with it${stale}`,
    );
  }
  const uri = parsed(files.cert, 'a certificate of `servoctl pki`', () => uriOf(own));
  const { domain } = parsed(files.cert, 'a certificate of `servoctl pki`', () => parseUri(uri));
  return { ca, cert, key, uri, trustDomain: domain };
}

const staleCredential =
  'systemd hands over what LoadCredential= names when it starts the service, and not at a reload: restart it';

/** The file of this name that systemd handed over (LoadCredential=), where this user may not read the file itself. */
function credentialOf(file: string): string | undefined {
  const directory = process.env['CREDENTIALS_DIRECTORY'];
  if (directory === undefined) return undefined;
  try {
    closeSync(openSync(file, 'r'));
    return undefined;
  } catch (error) {
    const credential = join(directory, basename(file));
    return codeOf(error) === 'EACCES' && existsSync(credential) ? credential : undefined;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/**
 * Reads a file with a secret: the one that is named or, where only root may read that, the credential of the same name that
 * systemd handed over. Throws `TlsUnfit` when it cannot be read, or when group or others may read or write it.
 */
export function readSecret(file: string): Buffer {
  const credential = credentialOf(file);
  // systemd keeps others out of the directory; the modes of the files in it show an access list, not who may read them.
  if (credential !== undefined) return read(credential);
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const mode = fstatSync(fd).mode & 0o777;
    if ((mode & 0o077) !== 0)
      throw new TlsUnfit(
        `${file}: mode ${mode.toString(8)} lets others read or write a secret; run: chmod 600 ${file}`,
      );
    return readFileSync(fd);
  } catch (cause) {
    if (cause instanceof TlsUnfit) throw cause;
    throw new TlsUnfit(`${file}: cannot be read (${reason(cause)}); want a file that this user can read`, {
      cause,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** What a server listens with: clients must show a certificate of the CA, by TLS 1.3. Sets the lowest TLS version of the process. */
export function serverCredentials(own: Tls): ServerCredentials {
  // grpc's servers take no minimum version of their own, only the process's.
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3';
  return ServerCredentials.createSsl(own.ca, [{ private_key: own.key, cert_chain: own.cert }], true);
}

/** Gives a listening server other certificates: every connection from now on is made with them. */
export function renewServerCredentials(credentials: ServerCredentials, own: Tls): void {
  // grpc-js has this for its own certificate providers only, under a name that is not public; its version is pinned.
  const update: unknown = Reflect.get(credentials, 'updateSecureContextOptions');
  if (typeof update !== 'function') throw new Error('this grpc-js cannot renew the certificates of a server');
  Reflect.apply(update, credentials, [{ ca: own.ca, cert: [own.cert], key: [own.key] }]);
}

/**
 * What a client connects with. Beside the usual check of the server's name, the server must be a coordinator of the
 * client's own trust domain.
 * @param expectedCoordinatorUri the only coordinator to speak to. Absent: any of the trust domain.
 */
export function clientCredentials(own: Tls, expectedCoordinatorUri?: string): ChannelCredentials {
  const context = tls.createSecureContext({
    ca: own.ca,
    cert: own.cert,
    key: own.key,
    minVersion: 'TLSv1.3',
  });
  return credentials.createFromSecureContext(context, {
    checkServerIdentity: (host, certificate) =>
      tls.checkServerIdentity(host, certificate) ??
      checkCoordinator(certificate.raw, own.trustDomain, expectedCoordinatorUri),
  });
}

/** Why a server is not the coordinator that is wanted; undefined: it is. */
function checkCoordinator(raw: Buffer, trustDomain: string, expected: string | undefined): Error | undefined {
  try {
    const uri = uriOf(new X509Certificate(raw));
    const { domain, kind } = parseUri(uri);
    if (expected === undefined ? domain === trustDomain && kind === 'coordinator' : uri === expected)
      return undefined;
    return new Error(`the server is ${uri}; want ${expected ?? `spiffe://${trustDomain}/coordinator/...`}`);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const common = {
  // A peer that went away without a word is noticed after 15 s, well before a heartbeat is stale.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
} satisfies ChannelOptions;

/** Options of every client channel. Nothing is retried behind the caller's back, nothing goes through a proxy of the environment. */
export function channelOptions(): ChannelOptions {
  return {
    ...common,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 10_000,
  };
}

/** The same, for operators' clients: an answer may be larger. */
export function adminChannelOptions(): ChannelOptions {
  return { ...channelOptions(), 'grpc.max_receive_message_length': maxAdminReplyBytes };
}

/** Options of every server. */
export function serverOptions(): ChannelOptions {
  return {
    ...common,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxAdminReplyBytes,
    // One connection carries one session and a few questions.
    'grpc.max_concurrent_streams': 64,
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new TlsUnfit(`${file}: cannot be read (${reason(cause)}); want a file that this user can read`, {
      cause,
    });
  }
}

function parsed<T>(file: string, right: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new TlsUnfit(`${file}: ${reason(cause)}; want ${right}`, { cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
