// Certificates for handshakes on loopback, from a small authority of the test.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from '../../../proto/src/tls.ts';

x509.cryptoProvider.set(webcrypto);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Authority {
  readonly directory: string;
  readonly name: string;
  issue(file: string, wanted: Wanted): Promise<TlsFiles>;
}

export interface Wanted {
  /** URI SANs. */
  readonly uris: readonly string[];
  /** OU of the subject, as they stand there. */
  readonly units?: readonly string[];
  /** DNS SAN; "localhost" unless given. */
  readonly dns?: string;
}

let serial = 1;

export async function authority(directory: string, name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    ...validity(),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const ca = join(directory, `${name}.pem`);
  writeFileSync(ca, root.toString('pem'));
  return {
    directory,
    name,
    async issue(file, wanted) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const units = (wanted.units ?? []).map((unit) => ({ OU: [unit] }));
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: new x509.Name([{ CN: [file] }, ...units]).toString(),
        issuer: root.subject,
        ...validity(),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.SubjectAlternativeNameExtension([
            { type: 'dns', value: wanted.dns ?? 'localhost' },
            ...wanted.uris.map((value) => ({ type: 'url' as const, value })),
          ]),
        ],
      });
      const files: TlsFiles = {
        ca,
        cert: join(directory, `${file}.pem`),
        key: join(directory, `${file}.key`),
      };
      writeFileSync(files.cert, certificate.toString('pem'));
      const secret = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      writeFileSync(files.key, x509.PemConverter.encode(secret, 'PRIVATE KEY'), { mode: 0o600 });
      chmodSync(files.key, 0o600);
      return files;
    },
  };
}

function serialNumber(): string {
  return String(serial++).padStart(4, '0');
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000) };
}
