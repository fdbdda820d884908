// The host is read right: what the authority expects there is found there. Where it expects nothing, the generation counts.
import { pass, refuse } from '../../../domain/answer.ts';
import type { Match } from '../../../domain/evidence.ts';
import type { EvidenceGateRule } from '../../given.ts';

/** How many of `expected` must be found: the share, or all but one, whichever is fewer. */
export function mustBeFound(expected: number, share: number): number {
  return Math.min(Math.ceil(share * expected), expected - 1);
}

export const twoWayMatch: EvidenceGateRule = ({ host: { view, match, generationMatch } }, { policy }) => {
  const here = match.expected > 0;
  const measured: Match = here ? match : generationMatch;
  const numbers = {
    host: view.id,
    generation: view.generation,
    cell: view.cell,
    where: here ? view.id : `generation ${view.generation} in ${view.cell}`,
    expected: measured.expected,
    found: measured.found,
    atLeast: mustBeFound(measured.expected, policy.twoWayMatchShare),
  };
  if (measured.expected === 0)
    return refuse(
      'the authority expects no servo on any host of {generation} in {cell}, so nothing shows that these are read right',
      'a servo of this generation that the authority claims, in this cell',
      numbers,
    );
  return measured.found >= numbers.atLeast
    ? pass('of {expected} servos expected on {where}, {found} were found, at least {atLeast}', numbers)
    : refuse(
        'of {expected} servos expected on {where}, only {found} were found, fewer than {atLeast}',
        'the store of {host} is read wrongly, or much is truly gone: compare `servoctl servos list --host {host}` with the registry, and mend the field mapping',
        numbers,
      );
};
