// From the options of a witness to the witness. A new kind is a file beside this, its options, and one case here.
import { canonicalJson, sha256Hex } from '@servo-auditor/proto/canonical.ts';
import type { ValueOf } from '@servo-auditor/proto/options.ts';
import { TlsUnfit, readSecret } from '@servo-auditor/proto/tls.ts';
import type { WitnessProfile } from '../domain/witness.ts';
import { fileWitness } from './file.ts';
import { httpWitness, plainAnswer } from './http.ts';
import type { witnessOptions } from './options.ts';
import type { Witness } from './port.ts';
import { sqlWitness } from './sql.ts';

export type WitnessOptions = ValueOf<typeof witnessOptions>;

/** @param maxRows above which a reading is refused as endless. Throws `TlsUnfit` when a token file is readable by others, or holds no token. */
export function openWitness(options: WitnessOptions, maxRows: number): Witness {
  const { id, source, authority } = options;
  const common = { id, source, authority };
  switch (options.kind) {
    case 'sql': {
      const { file, queries, reads } = options;
      const profile = {
        ...common,
        reads,
        hasLookup: queries.lookup !== undefined,
        mappingHash: hashOf('sql', queries),
      };
      return sqlWitness({ profile, file, queries, maxRows });
    }
    case 'http': {
      const { url, fields, answer = plainAnswer, lookup, tokenFile } = options;
      // A service proves that its data is later by the sequence of each reading.
      const profile: WitnessProfile = {
        ...common,
        reads: 'replica',
        hasLookup: lookup,
        mappingHash: hashOf('http', { path: pathOf(url), fields, answer }),
      };
      const token = tokenFile === undefined ? undefined : readToken(tokenFile);
      return httpWitness({ profile, url, fields, answer, token, maxRows });
    }
    case 'file': {
      const { file, format, reads } = options;
      const profile = { ...common, reads, hasLookup: true, mappingHash: hashOf('file', { format }) };
      return fileWitness({ profile, file, format, maxRows });
    }
  }
}

/** Whatever does not fit into a header is refused here: fetch would show it in its error. */
function readToken(file: string): string {
  const token = readSecret(file).toString('utf8').trim();
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    throw new TlsUnfit(`${file}: holds no token; want one line of printable characters, without spaces`);
  return token;
}

/** Over what decides which rows come and how they are understood, not over where they come from or with which credentials. */
function hashOf(kind: string, mapping: object): string {
  return sha256Hex(canonicalJson({ kind, mapping: given(mapping) }));
}

/** Without what is not configured. */
function given(mapping: object): object {
  return Object.fromEntries(
    Object.entries(mapping)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'object' && value !== null ? given(value) : value,
      ]),
  );
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
