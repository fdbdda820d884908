// What the messages of admin.proto are made of, beside the fields of agent.proto.
import { actions, activities, contradictions, servoStates } from '../wire.ts';
import {
  id,
  long,
  message,
  oneOf,
  refuse,
  ruled,
  sentence,
  text,
  whole,
  word,
  type MessageCodec,
  type Place,
} from '../field.ts';
import { maxRowsPerPage } from '../limits.ts';

export const verdicts = ['live', 'stray', 'suspect', 'orphan', 'undecided'] as const;
export const modes = ['observe', 'propose', 'enforce'] as const;
export const gateKinds = ['evidence', 'action'] as const;
export const gateOutcomes = ['pass', 'cap', 'refuse'] as const;
export const caseStates = ['suspect', 'orphan', 'ordered', 'quarantined', 'restored', 'over'] as const;
export const orderStates = ['open', 'possible', 'closing', 'closed'] as const;
export const says = ['claims', 'released', 'nothing'] as const;
export const releaseKinds = ['tombstone', 'disappearance'] as const;

export const verdict = word('VERDICT', verdicts);
export const mode = word('MODE', modes);
export const gateKind = word('GATE_KIND', gateKinds);
export const gateOutcome = word('GATE_OUTCOME', gateOutcomes);
export const caseState = word('CASE_STATE', caseStates);
export const orderState = word('ORDER_STATE', orderStates);
export const voiceSays = word('SAYS', says);
export const releaseKind = word('RELEASE_KIND', releaseKinds);
export const servoState = word('SERVO_STATE', servoStates);
export const activity = word('ACTIVITY', activities);
export const contradiction = word('CONTRADICTION', contradictions);
export const action = word('ACTION', actions);

/** A reason that an operator gives: 1 to 500 characters, and more than blanks. */
export const reason: typeof sentence = {
  decode(raw, place) {
    const value = sentence.decode(raw, place);
    if (value.trim() === '') return refuse(place, 'is blank', 'why, in a few words');
    return value;
  },
  encode: (value) => value,
};

/** Text in an answer, for people. Decides nothing, so it may be long. */
export const prose = text(4000, 0);
export const count = whole(0, 0xffff_ffff);
export const ms = long(0);
export const version = long(0);
export const pageSize = whole(1, maxRowsPerPage);
export const pageToken = text(500);
/** How long a hold may last: a minute to a year. */
export const holdMs = long(60_000, 31_536_000_000);

export const holdScope = oneOf({
  uid: id('servo uid'),
  project: id('project'),
  host: id('host'),
  generation: message({ cell: id('cell'), generation: id('generation') }),
  cell: id('cell'),
});

/** Exactly one of these fields says what is meant. Nothing is not "all". */
export function exactlyOneOf<T extends object>(
  codec: MessageCodec<T>,
  names: readonly (keyof T & string)[],
): MessageCodec<T> {
  return ruled(codec, (value, place) => {
    const there = names.filter((name) => value[name] !== undefined);
    if (there.length !== 1) wrongSelector(place, there, `exactly one of ${names.join(', ')}`);
  });
}

/** At least one of these fields says what is meant; or `all`, alone. */
export function anyOf<T extends { readonly all?: true | undefined }>(
  codec: MessageCodec<T>,
  names: readonly (keyof T & string)[],
): MessageCodec<T> {
  return ruled(codec, (value, place) => {
    const there = names.filter((name) => !isEmpty(value[name]));
    if ((value.all === true) === there.length > 0)
      wrongSelector(
        place,
        value.all === true ? ['all', ...there] : there,
        `at least one of ${names.join(', ')}; or all, alone`,
      );
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function wrongSelector(place: Place, there: readonly string[], right: string): never {
  return refuse(place, there.length === 0 ? 'selects nothing' : `has ${there.join(' and ')}`, right);
}
