// No cohort of the servo has too many orphans and stops to be true. One that has voids all of it, until a person closes it.
import { pass, refuse } from '../../../domain/answer.ts';
import type { ActionGateRule } from '../../acting.ts';
import { breakerCohorts } from '../../cohorts.ts';
import { placeOf } from '../../tally.ts';

export const breaker: ActionGateRule = ({ evidence }, { breakers }) => {
  const cohorts = breakerCohorts(placeOf(evidence), evidence.release?.projectReleased ?? false);
  const open = cohorts.find((cohort) => breakers.has(cohort));
  if (open === undefined)
    return pass('none of its {count} cohorts has too many orphans and stops', { count: cohorts.length });
  return refuse(
    'breaker {cohort} is open: {message}',
    'if the list is true: servoctl breakers show {cohort}, then close it',
    {
      cohort: open,
      message: breakers.get(open) ?? '',
    },
  );
};
