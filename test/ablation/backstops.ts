// What stands behind each gate in the world that is directed at it: what else would still refuse the same wrong proposal, and
// why that is meant. `npm run ablation` turns them off together with the gate, and complains of one that stood in nobody's way.

/** Switch -> why it is there beside the gate. */
export type Backstops = Readonly<Record<string, string>>;

const secondReading = 'the second reading of the plan says so in its own words';
const lastQuestion = 'asked once more at the last moment, by another way than the bulk reading';
const inTheYes = 'read again in the transaction of the one yes: what is committed before it counts';
const onTheHost = 'the agent judges by itself, from a fresh read';

export const backstops: Readonly<Record<string, Backstops>> = {
  'host-fresh': {
    'check:host': secondReading,
    'confirm:host': 'the host must still be fresh when its agent asks',
    'agent:too-old': 'the agent ages the order by its own nonce, which came with the last report',
    'agent:not-quiet': onTheHost,
  },
  'inventory-complete': { 'check:host': secondReading, 'agent:incomplete': onTheHost },
  'identity-agrees': {
    'check:servo': secondReading,
    'confirm:host': 'the last question looks at the row once more',
    'agent:contradiction': onTheHost,
  },
  swap: { 'check:match': secondReading },
  'two-way-match': { 'check:match': secondReading },
  'witness-fresh': { 'check:witness': secondReading, 'confirm:look-up': lastQuestion },
  'witness-shrink': {
    'check:witness': secondReading,
    'confirm:look-up': 'a database that is older than the one accepted answers no look-up',
    'confirm:controls': 'nor one about a control',
  },
  quorum: { 'check:mode': 'the second reading counts the votes by itself, and finds no approval' },
  rounds: { 'check:rounds': secondReading, 'confirm:look-up': lastQuestion },
  grace: { 'check:release': secondReading },
  quiet: { 'check:servo': secondReading, 'agent:not-quiet': onTheHost },
  'generation-certified': { 'check:certified': secondReading },
  mode: { 'check:mode': secondReading, 'yes:mode': inTheYes },
  hold: { 'check:hold': secondReading, 'yes:hold': inTheYes },
  freeze: { 'check:freeze': secondReading, 'yes:freeze': inTheYes },
  'fleet-quorum': { 'check:limits': secondReading },
  'self-stall': { 'check:limits': secondReading },
  breaker: {
    'check:breaker': 'in the rounds after it opened, the second reading knows it',
    'yes:breaker': inTheYes,
  },
  budget: {
    'check:budget': secondReading,
    'yes:budget': inTheYes,
    'agent:limit': 'the last limit is on the host',
    'agent:limit-long': 'and another for the day',
  },
  'budget:host': {
    'check:budget': secondReading,
    'yes:budget': inTheYes,
    'agent:limit': 'the last limit is on the host',
    'agent:limit-long': 'and another for the day',
  },
  'budget:generation': { 'check:budget': secondReading, 'yes:budget': inTheYes },
  'budget:cell': { 'check:budget': secondReading, 'yes:budget': inTheYes },
  'budget:fleet': { 'check:budget': secondReading, 'yes:budget': inTheYes },
  'agent:journal-damaged': { 'agent:durable': 'no intent can be made durable, so nothing is touched' },
  'agent:epoch': { 'agent:epoch-since': 'the highest epoch is looked at again after the yes' },
  'agent:hold': { 'agent:hold-again': 'the file is looked at once more after the yes' },
};
