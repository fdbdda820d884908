// Whether this host speaks with the coordinator that welcomes it: the installation that it belongs to, with a history that
// contains everything that this host has seen. Pure.
import type { InstallationId } from '@servo-auditor/proto/ids.ts';
import { protocolMax, protocolMin } from '@servo-auditor/proto/limits.ts';
import type { DecisionMark, Welcome } from '@servo-auditor/proto/wire.ts';

/** What this host said of its past in its hello. */
export interface Past {
  /** Absent: first contact. */
  readonly installation: InstallationId | undefined;
  readonly epoch: number;
  readonly decision: DecisionMark | undefined;
}

export type Greeting =
  | { readonly kind: 'first' }
  | { readonly kind: 'known' }
  /** `foreign`: what was offered can be accepted by an operator of this host. */
  | { readonly kind: 'refuse'; readonly code: string; readonly message: string; readonly foreign: boolean };

/** @param configured the installation that this host may join at first contact. */
export function judgeWelcome(welcome: Welcome, past: Past, configured: InstallationId): Greeting {
  if (welcome.protocol < protocolMin || welcome.protocol > protocolMax)
    return refuse(
      'protocol-version',
      `it chose protocol ${welcome.protocol}, this agent speaks ${protocolMin} to ${protocolMax}`,
      false,
    );
  if (past.installation === undefined) {
    if (welcome.installation === configured) return { kind: 'first' };
    return refuse(
      'other-installation',
      `it is of installation ${welcome.installation}, this host is configured to join ${configured}`,
    );
  }
  if (welcome.installation !== past.installation)
    return refuse(
      'other-installation',
      `it is of installation ${welcome.installation}, this host belongs to ${past.installation}`,
    );
  if (welcome.epoch < past.epoch)
    return refuse('older-epoch', `it leads under epoch ${welcome.epoch}, this host has seen ${past.epoch}`);
  const { decision } = past;
  if (decision === undefined) return { kind: 'known' };
  if (welcome.hashAtYours !== decision.hash || welcome.decision.version < decision.version)
    return refuse(
      'other-chain',
      `its history does not contain decision ${decision.version} that this host has seen; it stands at ${welcome.decision.version}: an empty, older or restored state`,
    );
  return { kind: 'known' };
}

function refuse(code: string, message: string, foreign = true): Greeting {
  const lift = foreign ? '; if that is meant: servo-agent accept-installation' : '; upgrade the older one';
  return { kind: 'refuse', code, message: message + lift, foreign };
}
