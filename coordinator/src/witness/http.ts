// An HTTP service as a witness: paged JSON. A reading is whole only if every page carries one sequence and lineage, no page
// or cursor comes twice, the last page says so, and as many items came as were promised.
//
//   GET <url>                 {"lineage": "r1", "sequence": 12, "total": 250, "items": [{"uid": ...}], "next": "cursor" or null}
//   GET <url>?cursor=<next>   the same, of the same reading
//   GET <url>/<uid>           {"lineage": "r1", "sequence": 12, "claimed": true, "claims": [{"host": ...}]}
//
// Where these things stand in an answer, and what they are called, is configured (`answer`, `fields`); what they mean is not.
// The sequence must rise with every reading (a first page begins one): it proves that the data is later. How many items a
// page has is the server's to say: only the total proves that all came.
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Lookup, WitnessProfile } from '../domain/witness.ts';
import { getJson, valueAt, type Json } from './json-page.ts';
import { WitnessChanged, WitnessFailed, type ReadingEnd, type RowSink, type Witness } from './port.ts';
import { claimOf, oneAnswer, shortText, show, sinkClaim, wholeNumber, type RawRow } from './rows.ts';
import { Turns } from './turns.ts';

/** Where things stand in an answer, as JSON pointers; and the query parameter that takes a cursor. */
export interface AnswerShape {
  readonly cursorParameter: string;
  readonly lineage: string;
  readonly sequence: string;
  readonly total: string;
  readonly items: string;
  readonly next: string;
  readonly claimed: string;
  readonly claims: string;
}
export const plainAnswer: AnswerShape = {
  cursorParameter: 'cursor',
  lineage: '/lineage',
  sequence: '/sequence',
  total: '/total',
  items: '/items',
  next: '/next',
  claimed: '/claimed',
  claims: '/claims',
};

export interface HttpSetting {
  readonly profile: WitnessProfile;
  readonly url: string;
  readonly answer: AnswerShape;
  /** Name of each field in an item, by the name that the port uses. */
  readonly fields: Readonly<Record<'uid', string>> &
    Readonly<Partial<Record<'host' | 'incarnation' | 'project' | 'since', string | undefined>>>;
  /** Sent as `authorization: Bearer`. A secret. */
  readonly token?: string | undefined;
  readonly maxRows: number;
}

/** Pages of one reading: as many as the most rows that any policy allows, at 500 a page. */
const maxPages = 100_000;
/** Claims of one look-up: copies of one servo. */
const maxCopies = 1000;

export function httpWitness(setting: HttpSetting): Witness {
  return {
    profile: setting.profile,
    read: (sink, signal) => readWhole(setting, sink, signal),
    lookup: (uid, signal) => lookUp(setting, uid, signal),
    close: () => Promise.resolve(),
  };
}

/** What every page of one reading must say alike. */
interface Said {
  readonly sequence: number;
  readonly lineage: string;
  readonly total: number;
}

async function readWhole(setting: HttpSetting, sink: RowSink, signal: AbortSignal): Promise<ReadingEnd> {
  const { profile, url, answer, token } = setting;
  const turns = new Turns(signal, profile.id);
  const cursors = new Set<string>();
  let first: Said | undefined;
  let rows = 0;
  let next: string | undefined;
  for (let page = 1; ; page++) {
    const where = `${profile.id}, page ${page}`;
    if (page > maxPages) throw new WitnessFailed(`${where}: more than ${maxPages} pages; want an end`);
    const address = new URL(url);
    if (next !== undefined) address.searchParams.set(answer.cursorParameter, next);
    const body = await getJson(address, where, token, signal);
    const said = saidBy(body, answer, where);
    first ??= said;
    checkAlike(first, said, where);
    const items = listAt(body, answer.items, where);
    for (const item of items) {
      const at = `${where}, item ${++rows}`;
      if (rows > setting.maxRows)
        throw new WitnessFailed(
          `${at}: more than ${setting.maxRows} items; want fewer, or a higher policy.witnessRows`,
        );
      if (rows > first.total)
        throw new WitnessFailed(`${at}: ${answer.total} says ${first.total} items; want no more of them`);
      sinkClaim(sink, claimOf(fieldsOf(item, setting, at), at), at);
      if (turns.over) await turns.give();
    }
    next = nextOf(body, answer, where);
    if (next === undefined) break;
    if (cursors.has(next))
      throw new WitnessFailed(
        `${where}: ${answer.next} is ${show(next)} for a second time: the pages go round in a circle`,
      );
    if (items.length === 0) throw new WitnessFailed(`${where}: no items, and yet a next page`);
    cursors.add(next);
  }
  if (rows !== first.total)
    throw new WitnessFailed(
      `${profile.id}: ${rows} items came, ${answer.total} says ${first.total}: not the whole`,
    );
  return { version: first.sequence, lineage: first.lineage, rows };
}

async function lookUp(setting: HttpSetting, uid: ServoUid, signal: AbortSignal): Promise<Lookup> {
  const { answer, profile, token } = setting;
  const where = `${profile.id}, look-up of ${uid}`;
  const address = new URL(setting.url);
  address.pathname = `${address.pathname.replace(/\/$/, '')}/${encodeURIComponent(uid)}`;
  const body = await getJson(address, where, token, signal);
  const claimed = valueAt(body, answer.claimed);
  if (typeof claimed !== 'boolean')
    throw new WitnessFailed(`${where}: ${answer.claimed} is ${show(claimed)}; want true or false`);
  const listed =
    claimed || valueAt(body, answer.claims) !== undefined ? listAt(body, answer.claims, where) : [];
  if (listed.length > 0 !== claimed || listed.length > maxCopies)
    throw new WitnessFailed(
      `${where}: ${answer.claimed} is ${String(claimed)}, ${answer.claims} has ${listed.length} entries; want a list that agrees`,
    );
  const claims = listed.map((item) => {
    const row = fieldsOf(item, setting, where);
    if (row.uid !== undefined && row.uid !== uid)
      throw new WitnessFailed(`${where}: the answer is about ${show(row.uid)}; want one about this uid`);
    return claimOf({ ...row, uid }, where);
  });
  return {
    claims: oneAnswer(uid, claims, where),
    version: wholeNumber(valueAt(body, answer.sequence), where, answer.sequence),
    lineage: shortText(valueAt(body, answer.lineage), where, answer.lineage),
  };
}

function saidBy(body: Json, { sequence, lineage, total }: AnswerShape, where: string): Said {
  return {
    sequence: wholeNumber(valueAt(body, sequence), where, sequence),
    lineage: shortText(valueAt(body, lineage), where, lineage),
    total: wholeNumber(valueAt(body, total), where, total),
  };
}

function checkAlike(first: Said, said: Said, where: string): void {
  for (const name of ['sequence', 'lineage', 'total'] as const)
    if (said[name] !== first[name])
      throw new WitnessChanged(
        `${where}: ${name} is ${show(said[name])}, the first page had ${show(first[name])}: the data changed while it was read`,
      );
}

/** Undefined after the last page, which must say so. */
function nextOf(body: Json, answer: AnswerShape, where: string): string | undefined {
  const next = valueAt(body, answer.next);
  if (next === undefined)
    throw new WitnessFailed(`${where}: ${answer.next} is missing; want a cursor, or null on the last page`);
  return next === null ? undefined : shortText(next, where, answer.next);
}

function listAt(body: Json, pointer: string, where: string): readonly unknown[] {
  const list = valueAt(body, pointer);
  if (!Array.isArray(list)) throw new WitnessFailed(`${where}: ${pointer} is ${show(list)}; want a list`);
  return list as unknown[];
}

/** A field that is configured must be in every item, null where it is not known: a field that was renamed is no "not known". */
function fieldsOf(item: unknown, { fields }: HttpSetting, where: string): RawRow {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new WitnessFailed(`${where}: is ${show(item)}; want an object`);
  const value = (name: string | undefined): unknown => {
    if (name === undefined) return undefined;
    if (!Object.hasOwn(item, name))
      throw new WitnessFailed(`${where}: has no field ${show(name)}; want it, null where it is not known`);
    return (item as Json)[name];
  };
  return {
    uid: (item as Json)[fields.uid],
    host: value(fields.host),
    incarnation: value(fields.incarnation),
    project: value(fields.project),
    since: value(fields.since),
  };
}
