// What is known of one servo, as lines of a screen: the servo, its host, what each witness says, its release, rounds and case.
import type { CaseRow, Explanation, Voice } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import { scopeText } from './holds.ts';
import { inventoryText, matchText } from './hosts.ts';
import type { Paint } from './io.ts';
import { table } from './table.ts';
import { beside, count } from './text.ts';

const column = 14;

export function copyFacts(copy: Explanation): readonly string[] {
  const line = (name: string, text: string | undefined): readonly string[] =>
    text === undefined ? [] : [beside(`  ${name}`, text, column)];
  return [
    ...line('servo', servoText(copy)),
    ...line('identity', identityText(copy)),
    ...line('host', hostText(copy)),
    ...line('match', matchText(copy.hostFacts.match)),
    ...copy.voices.flatMap((voice) => line(voice.witness, voiceText(voice))),
    ...line('release', releaseText(copy)),
    ...line('rounds', roundsText(copy)),
    ...line('mode', `${copy.mode}; its reader is certified for ${copy.certified}`),
    ...line('case', copy.case === undefined ? undefined : caseText(copy.case)),
    ...line('order', orderText(copy)),
    ...copy.holds.flatMap((h) =>
      line(
        'held',
        `by hold ${h.id} on ${scopeText(h.scope)}, of ${h.by}: ${h.reason} (${h.remainingMs === undefined ? 'until it is released' : `for ${duration(h.remainingMs)} more`})`,
      ),
    ),
    ...line(
      'judged',
      copy.judgedAgoMs === undefined
        ? 'not in a round yet; this is as of now'
        : `in the round ${duration(copy.judgedAgoMs)} ago, and again now`,
    ),
  ];
}

function servoText({
  state,
  activity,
  contradiction,
  cpuPermille,
  connections,
  firstSeenAgoMs,
}: Explanation): string {
  const use = [
    ...(cpuPermille === undefined ? [] : [`CPU ${cpuPermille / 10} % of a core`]),
    ...(connections === undefined ? [] : [count(connections, 'connection')]),
  ];
  const measured = activities[activity];
  const agrees =
    contradiction === 'none' ? 'store and runtime agree' : `store and runtime disagree (${contradiction})`;
  return `${state}; ${[measured, ...use].join(', ')}; ${agrees}; first seen ${duration(firstSeenAgoMs)} ago`;
}

const activities: Readonly<Record<Explanation['activity'], string>> = {
  active: 'in use',
  quiet: 'quiet',
  measuring: 'quiet so far',
  unknown: 'use not known',
};

function identityText({ incarnation, runtimeId, project }: Explanation): string {
  const noted = project === undefined ? 'no project noted there' : `project ${project} noted there`;
  return `incarnation ${incarnation}, runtime id ${runtimeId}; ${noted}`;
}

function hostText({ hostFacts: h, host, cell, generation }: Explanation): string {
  const heard =
    h.heartbeatAgeMs === undefined ? 'has not answered yet' : `answered ${duration(h.heartbeatAgeMs)} ago`;
  const inventory = h.inventory === undefined ? 'no inventory yet' : inventoryText(h.inventory);
  return `${host} (${generation}, cell ${cell}) ${heard}${h.fresh ? '' : ', which is not fresh'}; ${inventory}${h.contested === undefined ? '' : `; contested: ${h.contested}`}`;
}

const saying: Readonly<Record<Voice['says'], string>> = {
  claims: 'claims it',
  released: 'claimed it here before, and claims it no longer',
  nothing: 'never claimed it here, which is no vote',
};

/** What a witness says, and of which data. */
export function voiceText(voice: Voice): string {
  const { authority, says, claims, snapshotAgeMs, snapshotVersion, failure, waiting } = voice;
  const where = claims.map((c) =>
    [
      c.host === undefined ? 'on every host' : `on ${c.host}`,
      ...(c.project === undefined ? [] : [`for ${c.project}`]),
    ].join(' '),
  );
  const data =
    snapshotAgeMs === undefined
      ? 'no snapshot under this leadership'
      : `version ${snapshotVersion ?? '?'}, ${duration(snapshotAgeMs)} old`;
  return [
    `${authority ? 'the authority; ' : ''}${saying[says]}${where.length === 0 ? '' : ` ${where.slice(0, 3).join('; ')}`} (${data})`,
    ...(failure === undefined ? [] : [`FAILS: ${failure}`]),
    ...(waiting === undefined ? [] : [`a snapshot waits: ${waiting}`]),
  ].join('; ');
}

function releaseText({ release, known }: Explanation): string {
  const before = known
    ? 'the authority claimed this very incarnation here'
    : 'the authority never claimed this incarnation here';
  if (release === undefined) return `none; ${before}`;
  const whole = release.projectReleased
    ? `, of the whole project${release.project === undefined ? '' : ` ${release.project}`}`
    : '';
  return `a ${release.kind}${whole}, first read ${duration(release.firstReadAgoMs)} ago; ${before}${release.capped === undefined ? '' : `; capped: ${release.capped}`}`;
}

function roundsText({ roundCount, rounds, release }: Explanation): string {
  const first = rounds[0];
  const last = rounds.at(-1);
  if (first === undefined || last === undefined) return 'no round of evidence since the last claim';
  return `${count(roundCount, 'round')} of evidence over ${duration(first.agoMs - last.agoMs)}, the last ${duration(last.agoMs)} ago${release === undefined ? '; without a release none counts' : ''}`;
}

function caseText({ state, sinceAgoMs, message, notBeforeRemainingMs }: CaseRow): string {
  const wait =
    notBeforeRemainingMs === undefined ? '' : `; no further order for ${duration(notBeforeRemainingMs)}`;
  return `${state} for ${duration(sinceAgoMs)}${message === undefined ? '' : `; ${message}`}${wait}`;
}

function orderText({ order }: Explanation): string | undefined {
  if (order === undefined) return undefined;
  return `${order.id} to ${order.action} it, ${order.state}, made ${duration(order.madeAgoMs)} ago by decision ${order.decisionVersion}${order.approved ? ', approved' : ''}`;
}

/** Servos with this uid that are gone. */
export function pastText(past: readonly CaseRow[], paint: Paint): string {
  const rows = past.map((c) => [c.host, c.incarnation, c.state, `${duration(c.sinceAgoMs)} ago`, c.message]);
  return `${paint('bold', 'Past cases of this uid')}\n${table(['HOST', 'INCARNATION', 'STATE', 'SINCE', 'REMARK'], rows, paint, '')}`;
}
