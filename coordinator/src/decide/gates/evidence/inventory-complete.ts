// Everything on the host could be read, and the latest heartbeat vouches for exactly what is held here.
import { pass, refuse } from '../../../domain/answer.ts';
import { openProblems } from '../../../domain/host.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const inventoryComplete: EvidenceGateRule = ({ host: { view } }) => {
  const host = view.id;
  if (view.inventory === undefined)
    return refuse(
      '{host} has sent no inventory yet',
      'waits for the host’s first full inventory; nothing to do',
      { host },
    );
  const problems = openProblems(view);
  const first = problems[0];
  if (first !== undefined)
    return refuse(
      '{count} item(s) on {host} could not be read; first: {path}: {message}',
      first.contentSha256 === undefined
        ? 'mend {path} on {host}'
        : 'mend {path} on {host}, or, if it is known and harmless: servoctl hosts acknowledge {host} --path {path} --sha256 {sha256}',
      {
        host,
        count: problems.length,
        path: first.path,
        message: first.message,
        sha256: first.contentSha256 ?? '',
      },
    );
  if (!view.digestMatches)
    return refuse(
      'the latest heartbeat of {host} names another inventory than the one held here',
      'waits for the host’s next full inventory; nothing to do',
      { host },
    );
  return pass('{servos} servos on {host}, all read', { host, servos: view.inventory.count });
};
