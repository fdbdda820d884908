// Where the coordinator is and who asks: flags, else a small YAML file (--config, else SERVOCTL_CONFIG). Each flag stands above
// its key in the file. Nothing is guessed: what is missing is named.
import { existsSync } from 'node:fs';
import {
  BadOptions,
  duration,
  group,
  loadOptions,
  path,
  sampleOf,
  text,
} from '@servo-auditor/proto/options.ts';
import type { TlsFiles } from '@servo-auditor/proto/tls.ts';
import { Ends } from './exit.ts';
import type { Io } from './io.ts';

/** Keys of the file. */
export const settingsTable = {
  address: text({
    help: 'where the coordinator listens, as <name or address>:<port>; the name must be in its certificate',
    example: 'coordinator.example.test:7443',
  }),
  timeout: duration({ help: 'longest time for one answer', min: 100, max: 600_000, default: 30_000 }),
  tls: group('own certificate, made by servoctl pki operator', {
    ca: path({ help: 'certificate of the authority', example: 'ca.pem' }),
    cert: path({ help: 'own certificate', example: 'cert.pem' }),
    key: path({ help: 'own private key, readable by nobody else', example: 'key.pem' }),
  }),
};

/** A commented sample of the file. */
export const settingsSample = sampleOf(settingsTable);

/** What may be given as flags. */
export interface Flags {
  readonly config?: string;
  readonly address?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Settings {
  readonly address: string;
  readonly timeoutMs: number;
  readonly tls: TlsFiles;
}

const defaultTimeoutMs = 30_000;

/** Throws `Ends` (usage) with everything that is missing or wrong. */
export function settingsOf(flags: Flags, env: Io['env']): Settings {
  const { address, ca, cert, key } = flags;
  if (address !== undefined && ca !== undefined && cert !== undefined && key !== undefined)
    return { address, timeoutMs: defaultTimeoutMs, tls: { ca, cert, key } };
  const file = flags.config ?? env['SERVOCTL_CONFIG'];
  if (file === undefined || file === '')
    throw new Ends(
      'usage',
      'where is the coordinator? Give --config <file>, or set SERVOCTL_CONFIG to a file like this, or give --address, --ca, --cert and --key:\n\n' +
        settingsSample,
    );
  if (!existsSync(file))
    throw new Ends('usage', `${file} is not there; want a YAML file like this:\n\n${settingsSample}`);
  try {
    const read = loadOptions(settingsTable, file);
    return {
      address: address ?? read.address,
      timeoutMs: read.timeout,
      tls: { ca: ca ?? read.tls.ca, cert: cert ?? read.tls.cert, key: key ?? read.tls.key },
    };
  } catch (cause) {
    if (cause instanceof BadOptions) throw new Ends('usage', cause.message, { cause });
    throw cause;
  }
}
