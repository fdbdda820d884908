// What a session knows of this agent, and does with it.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Generation, InstallationId, ReaderVersion } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Welcome } from '@servo-auditor/proto/wire.ts';
import type { Executor } from '../act/execute.ts';
import type { Journal } from '../act/journal.ts';
import type { Seen } from '../act/memory.ts';
import type { SentNonces } from '../act/nonces.ts';
import type { Scanner } from '../act/scanner.ts';
import type { Offers } from './offers.ts';

export interface Party {
  readonly agentVersion: string;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly demo: boolean;
  /** Joined at first contact. */
  readonly installation: InstallationId;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly seen: Seen;
  readonly nonces: SentNonces;
  readonly scanner: Pick<Scanner, 'scan'>;
  readonly executor: Executor;
  readonly offers: Pick<Offers, 'note'>;
  readonly log: Logger;
  /** A coordinator of this host's installation leads it from here on. */
  greeted(welcome: Welcome, first: boolean): void;
  /** How it stands with the coordinator, for people. */
  told(standing: string): void;
  /** Between two reports: whatever has to be repeated. */
  tend(): void;
}
