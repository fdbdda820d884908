// An HTTP service as a witness: paged JSON. A reading is whole only if every page carries one sequence and lineage, no page
// or cursor comes twice, the last page says so, and as many items came as were promised.
//
//   GET <url>                 {"lineage": "r1", "sequence": 12, "total": 250, "items": [{"uid": ...}], "next": "cursor" or null}
//   GET <url>?cursor=<next>   the same, of the same reading
//   GET <url>/<uid>           {"lineage": "r1", "sequence": 12, "claimed": true, "claims": [{"host": ...}]}
//
// The sequence must rise with every reading (a first page begins one): it proves that the data is later.
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, Lookup, WitnessProfile } from '../domain/witness.ts';
import { WitnessFailed, type ReadingEnd, type RowSink, type Witness } from './port.ts';
import { claimOf, shortText, show, wholeNumber } from './rows.ts';

export interface HttpSetting {
  readonly profile: WitnessProfile;
  readonly url: string;
  /** Name of each field in an item, by the name that the port uses. */
  readonly fields: Readonly<Record<'uid', string>> &
    Readonly<Partial<Record<'host' | 'incarnation' | 'project' | 'since', string | undefined>>>;
  /** Sent as `authorization: Bearer`. A secret. */
  readonly token?: string | undefined;
  readonly maxRows: number;
}

/** Bytes of one page, and pages of one reading. A page is read piece by piece, so no answer can fill the memory. */
const maxPageBytes = 16 * 1024 * 1024;
const maxPages = 100_000;

type Json = Readonly<Record<string, unknown>>;

export function httpWitness(setting: HttpSetting): Witness {
  return {
    profile: setting.profile,
    read: (sink, signal) => readWhole(setting, sink, signal),
    lookup: (uid, signal) => lookUp(setting, uid, signal),
    close: () => Promise.resolve(),
  };
}

async function readWhole(setting: HttpSetting, sink: RowSink, signal: AbortSignal): Promise<ReadingEnd> {
  const { profile, url, maxRows } = setting;
  const cursors = new Set<string>();
  let first: { readonly version: number; readonly lineage: string; readonly total: number } | undefined;
  let rows = 0;
  let next: string | undefined;
  for (let page = 1; ; page++) {
    const where = `${profile.id}, page ${page}`;
    if (page > maxPages) throw new WitnessFailed(`${where}: more than ${maxPages} pages; want an end`);
    const address = new URL(url);
    if (next !== undefined) address.searchParams.set('cursor', next);
    const body = await getJson(address, where, setting, signal);
    const said = {
      version: wholeNumber(body['sequence'], where, 'sequence'),
      lineage: shortText(body['lineage'], where, 'lineage'),
      total: wholeNumber(body['total'], where, 'total'),
    };
    first ??= said;
    for (const name of ['version', 'lineage', 'total'] as const)
      if (said[name] !== first[name])
        throw new WitnessFailed(
          `${where}: ${name} is ${show(said[name])}, the first page had ${show(first[name])}: the data changed while it was read`,
        );
    const { items } = body;
    if (!Array.isArray(items)) throw new WitnessFailed(`${where}: items is ${show(items)}; want a list`);
    for (const item of items as unknown[]) {
      rows++;
      if (rows > maxRows)
        throw new WitnessFailed(
          `${where}: more than ${maxRows} items; want fewer, or a higher policy.witnessRows`,
        );
      sink.claim(claimOf(fieldsOf(item, setting, `${where}, item ${rows}`), `${where}, item ${rows}`));
    }
    if (!('next' in body))
      throw new WitnessFailed(`${where}: next is missing; want a cursor, or null on the last page`);
    if (body['next'] === null) break;
    next = shortText(body['next'], where, 'next');
    if (cursors.has(next))
      throw new WitnessFailed(
        `${where}: next is ${show(next)} for a second time: the pages go round in a circle`,
      );
    if (items.length === 0) throw new WitnessFailed(`${where}: no items, and yet a next page`);
    cursors.add(next);
  }
  if (rows !== first.total)
    throw new WitnessFailed(`${profile.id}: ${rows} items came, total says ${first.total}: not the whole`);
  return { version: first.version, lineage: first.lineage, rows };
}

async function lookUp(setting: HttpSetting, uid: ServoUid, signal: AbortSignal): Promise<Lookup> {
  const where = `${setting.profile.id}, look-up of ${uid}`;
  const address = new URL(setting.url);
  address.pathname = `${address.pathname.replace(/\/$/, '')}/${encodeURIComponent(uid)}`;
  const body = await getJson(address, where, setting, signal);
  const { claimed } = body;
  if (typeof claimed !== 'boolean')
    throw new WitnessFailed(`${where}: claimed is ${show(claimed)}; want true or false`);
  const listed = body['claims'] ?? [];
  if (!Array.isArray(listed) || (claimed && listed.length === 0) || (!claimed && listed.length > 0))
    throw new WitnessFailed(
      `${where}: claimed is ${String(claimed)}, claims is ${show(listed)}; want a list that agrees`,
    );
  const claims: Claim[] = (listed as unknown[]).map((item) =>
    claimOf({ ...fieldsOf(item, setting, where), uid }, where),
  );
  return {
    claims,
    version: wholeNumber(body['sequence'], where, 'sequence'),
    lineage: shortText(body['lineage'], where, 'lineage'),
  };
}

function fieldsOf(item: unknown, { fields }: HttpSetting, where: string) {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new WitnessFailed(`${where}: is ${show(item)}; want an object`);
  const value = (name: string | undefined): unknown =>
    name === undefined ? undefined : (item as Json)[name];
  return {
    uid: value(fields.uid),
    host: value(fields.host),
    incarnation: value(fields.incarnation),
    project: value(fields.project),
    since: value(fields.since),
  };
}

async function getJson(
  address: URL,
  where: string,
  { token }: HttpSetting,
  signal: AbortSignal,
): Promise<Json> {
  let text: string;
  try {
    const response = await fetch(address, {
      signal,
      redirect: 'error',
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const type = response.headers.get('content-type') ?? 'nothing';
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new WitnessFailed(`${where}: HTTP ${response.status}; want 200`);
    }
    if (!/^application\/(\S+\+)?json\b/.test(type)) {
      await response.body?.cancel();
      throw new WitnessFailed(`${where}: content type ${type}; want application/json`);
    }
    text = await bodyText(response, where);
  } catch (cause) {
    if (cause instanceof WitnessFailed) throw cause;
    const reason =
      cause instanceof Error
        ? cause.cause instanceof Error
          ? cause.cause.message
          : cause.message
        : String(cause);
    throw new WitnessFailed(`${where}: ${address.origin}${address.pathname} broke off: ${reason}`, { cause });
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Json;
  } catch (cause) {
    throw new WitnessFailed(`${where}: is no JSON: ${show(text)}`, { cause });
  }
  throw new WitnessFailed(`${where}: is ${show(text)}; want a JSON object`);
}

async function bodyText(response: Response, where: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += (piece as Uint8Array).length;
    if (bytes > maxPageBytes)
      throw new WitnessFailed(`${where}: more than ${maxPageBytes} bytes; want smaller pages`);
    pieces.push(piece as Uint8Array);
  }
  return Buffer.concat(pieces).toString('utf8');
}
