// The host lives now, is one host, and was read under this leadership. Age counts from when the echoed nonce was sent.
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import { pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const hostFresh: EvidenceGateRule = ({ host: { view } }, { now, policy, epoch }) => {
  const host = view.id;
  if (view.contested !== undefined)
    return refuse(
      '{host} is contested: {why}',
      'find out which is the true host, then: servoctl hosts accept {host}',
      {
        host,
        why: view.contested,
      },
    );
  if (view.heartbeat === undefined)
    return refuse(
      '{host} has not answered this coordinator yet',
      'the host’s agent reports again: systemctl status servo-agent on {host}',
      { host },
    );
  if (view.inventory === undefined || view.epoch !== epoch)
    return refuse(
      'no full inventory of {host} was begun under epoch {epoch}',
      'waits for the host’s next full inventory; nothing to do',
      { host, epoch },
    );
  const ageMs = stalenessMs(view.heartbeat.askedAt, now);
  const limitMs = policy.hostFreshIntervals * policy.heartbeatIntervalMs;
  const numbers = { host, ageMs, limitMs };
  return ageMs <= limitMs
    ? pass('{host} answered a question sent {ageMs} ago, at most {limitMs}', numbers)
    : refuse(
        '{host} last answered a question sent {ageMs} ago, more than {limitMs}',
        'the host’s agent reports again (systemctl status servo-agent on {host}), or the host is taken out: servoctl hosts retire {host}',
        numbers,
      );
};
