// Nobody uses it: no traffic and no work over the whole window. What is used is not an orphan, whatever the registry says.
import { cap, pass, refuse, type Answer } from '../../../domain/answer.ts';
import type { Activity } from '../../../domain/servo.ts';
import type { EvidenceGateRule } from '../../given.ts';

type Sentence = (numbers: Answer['numbers']) => Answer;

const answers: Readonly<Record<Activity, Sentence>> = {
  quiet: (n) => pass('no traffic and no work in the last {windowMs}', n),
  active: (n) =>
    refuse(
      'it has worked or served within the last {windowMs} ({cpu}, {connections})',
      'it becomes quiet: find out who still uses it',
      n,
    ),
  measuring: (n) => refuse('quiet so far, but not yet measured for {windowMs}', 'waits; nothing to do', n),
  unknown: (n) => cap('the runtime cannot tell whether it is in use', 'an approval', n),
};

export const quiet: EvidenceGateRule = ({ activity, host, row }, { policy }) => {
  const cpu = host.view.inventory?.cpuPermille[row] ?? -1;
  const connections = host.view.inventory?.connections[row] ?? -1;
  return answers[activity]({
    windowMs: policy.activityWindowMs,
    cpu: cpu < 0 ? 'CPU not known' : `CPU ${cpu / 10} % of a core`,
    connections: connections < 0 ? 'connections not known' : `${connections} connection(s)`,
  });
};
