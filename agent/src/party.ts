// What a running agent is to its sessions: its parts, and what it does when it is greeted and between two reports.
import type { InstallationId, ReaderVersion } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Welcome } from '@servo-auditor/proto/wire.ts';
import { NotDurable } from './act/journal.ts';
import { noteWaited } from './act/waited.ts';
import type { Bench } from './bench.ts';
import type { Offers } from './session/offers.ts';
import type { Party } from './session/party.ts';
import { releaseVersion } from '@servo-auditor/proto/version.ts';

/** How often the waited time is made durable while a window runs, in milliseconds of real time. */
const waitedStepMs = 10 * 60_000;

export interface PartyGiven {
  readonly readerVersion: ReaderVersion;
  /** Factor by which waits run faster. Undefined: not a demo. */
  readonly demo: number | undefined;
  /** Joined at first contact. */
  readonly installation: InstallationId;
  readonly offers: Pick<Offers, 'note'>;
  readonly log: Logger;
  /** How it stands with the coordinator, for people. */
  readonly told: (standing: string) => void;
}

/** The parts that sessions need of an opened agent. */
export type Parts = Pick<
  Bench,
  'generation' | 'clock' | 'journal' | 'seen' | 'nonces' | 'scanner' | 'executor'
>;

export function partyOf(parts: Parts, given: PartyGiven): Party {
  const { executor, journal, clock } = parts;
  return {
    ...parts,
    agentVersion: releaseVersion,
    readerVersion: given.readerVersion,
    demo: given.demo !== undefined,
    installation: given.installation,
    offers: given.offers,
    log: given.log,
    greeted: (welcome, first) => greeted(parts, welcome, first, given.log),
    told: given.told,
    tend: () => {
      executor.tend();
      noteWaited(journal, clock, waitedStepMs * (given.demo ?? 1));
    },
  };
}

/** A full disk is no reason not to report: then the host knows its installation from the next session on. */
function greeted({ journal, seen, clock }: Parts, welcome: Welcome, first: boolean, log: Logger): void {
  const { installation, epoch, decision } = welcome;
  try {
    if (first)
      journal.append(
        { kind: 'accepted', installation, epoch, decision, why: 'first-contact' },
        clock.now().waitMs,
      );
    seen.note(epoch, decision);
    seen.keep();
  } catch (error) {
    if (!(error instanceof NotDurable)) throw error;
    log.error({ event: 'journal.full', message: error.message });
  }
}
