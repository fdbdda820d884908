// The files that the configuration names: who this host is, and whose orders it takes.
import { readFileSync } from 'node:fs';
import { isId, type HostId } from '@servo-auditor/proto/ids.ts';
import { orderVerifier } from '@servo-auditor/proto/sign.ts';
import { parseUri, readTls, TlsUnfit, type Tls } from '@servo-auditor/proto/tls.ts';
import type { Config } from './config.ts';

/** What they say, checked. */
export interface Papers {
  readonly tls: Tls;
  readonly host: HostId;
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;
}

/** Throws `TlsUnfit`, which names the file and what would be right. */
export function readPapers(config: Config): Papers {
  const tls = readTls(config.tls);
  const { kind, id } = parseUri(tls.uri);
  if (kind !== 'host' || !isId('host', id))
    throw new TlsUnfit(
      `${config.tls.cert}: is a certificate for ${tls.uri}; want one of a host (servoctl pki host)`,
    );
  try {
    return {
      tls,
      host: id,
      verify: orderVerifier(config.orderKeys.map((file) => readFileSync(file, 'utf8'))),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TlsUnfit(`orderKeys (${config.orderKeys.join(', ')}): ${why}`, { cause });
  }
}
