// An HTTP service as a witness: pages and look-ups with wrong bodies, heads, cursors and counts. The answers are real `Response`
// objects; what is left out is the network between.
import { httpWitness, plainAnswer, type HttpSetting } from '../../../coordinator/src/witness/http.ts';
import { maxPageBytes } from '../../../coordinator/src/witness/json-page.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { mutateText } from '../mutate/text.ts';
import { isPlain, mutateValue } from '../mutate/value.ts';
import type { Random } from '../random.ts';
import { must, type Target } from '../target.ts';
import { claimRow, givenIn, lookUp, profile, read, sameRows } from './witness-readings.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}
interface Given {
  /** What each request gets, in turn; the last one again and again. */
  readonly pages: readonly Answer[];
  readonly lookup: Answer;
}

const setting: HttpSetting = {
  profile,
  url: 'http://router.test:8080/routes',
  answer: plainAnswer,
  fields: { uid: 'uid', host: 'host', incarnation: 'incarnation', project: 'project', since: 'since' },
  maxRows: 1000,
};
const names = [
  'lineage',
  'sequence',
  'total',
  'items',
  'next',
  'claimed',
  'claims',
  'uid',
  'host',
  'incarnation',
  'project',
  'since',
];
/** Requests of one reading: more is a reading that does not end. */
const maxRequests = 1100;

export const witnessHttp: Target = {
  name: 'witness-http',
  about: 'pages and look-ups of an HTTP witness',
  open() {
    const witness = httpWitness(setting);
    return {
      make(random): Given {
        const count = 1 + random.below(3);
        const total = random.below(7);
        const pages = Array.from({ length: count }, (_, page) => ({
          lineage: 'r1',
          sequence: 12,
          total,
          items: Array.from({ length: Math.max(0, Math.ceil((total - page) / count)) }, (_row, n) =>
            claimRow(random, n * count + page),
          ),
          next: page === count - 1 ? null : `c${page}`,
        }));
        const bad = random.below(count + 1);
        const { uid: _, ...claim } = claimRow(random, 1);
        const lookup = { lineage: 'r1', sequence: 12, claimed: true, claims: [claim] };
        return {
          pages: pages.map((page, i) => (i === bad ? bent(random, page) : answerOf(page))),
          lookup: random.once(3)
            ? bent(random, lookup)
            : answerOf(random.once(2) ? { ...lookup, claimed: false, claims: [] } : lookup),
        };
      },
      async run(input) {
        const { pages, lookup } = input as Given;
        if (!Array.isArray(pages) || pages.length === 0 || ![...pages, lookup].every(isAnswer)) return;
        let requests = 0;
        globalThis.fetch = async () => {
          must(requests < maxRequests, 'a reading that does not end', requests);
          const page = (pages as readonly Answer[])[Math.min(requests++, pages.length - 1)];
          return responseOf(page ?? lookup);
        };
        const sunk = await read(witness);
        if (sunk !== undefined) {
          must(requests <= pages.length, 'one page is two');
          const bodies = (pages as readonly Answer[]).slice(0, requests).map(bodyOf);
          sameRows(
            sunk.claims,
            bodies.flatMap((b) => listAt(b, 'items').map(claimIn)),
            'pages',
          );
          must(
            bodies.every(
              (b) =>
                b['sequence'] === sunk.end.version &&
                b['lineage'] === sunk.end.lineage &&
                b['total'] === sunk.end.rows,
            ),
            'pages that disagree are one reading',
            bodies,
          );
          must(
            bodies.every((b, i) => (b['next'] === null) === (i === bodies.length - 1)),
            'a reading that is not whole',
            bodies,
          );
        }
        globalThis.fetch = async () => responseOf(lookup);
        const found = await lookUp(witness);
        if (found === undefined) return;
        const body = bodyOf(lookup);
        must(
          body['claimed'] === found.claims.length > 0,
          'a look-up says other than was answered',
          body,
          found,
        );
        if (found.claims.length > 0)
          sameRows(
            found.claims,
            listAt(body, 'claims').map((c) => claimIn({ ...c, uid: 'u-1' })),
            'look-up',
          );
      },
    };
  },
};

function answerOf(value: unknown): Answer {
  return { status: 200, type: 'application/json', body: Buffer.from(JSON.stringify(value) ?? '') };
}

function bent(random: Random, page: object): Answer {
  const whole = answerOf(page);
  switch (random.below(8)) {
    case 0:
      return { ...whole, status: random.pick([200, 201, 204, 206, 301, 302, 304, 400, 404, 429, 500, 503]) };
    case 1:
      return {
        ...whole,
        type: mutateText(
          random,
          random.pick([
            'application/json',
            'application/json; charset=utf-8',
            'application/problem+json',
            'text/html',
          ]),
        ),
      };
    case 2:
      return { ...whole, body: mutateBytes(random, whole.body, []) };
    case 3:
      return random.once(200)
        ? { ...whole, body: new Uint8Array(maxPageBytes + random.below(3)).fill(32) }
        : { ...whole, body: whole.body.subarray(0, random.below(whole.body.length)) };
    default:
      return answerOf(mutateValue(random, page, { names, values: ['u-1', 'h1', 'c0', null] }));
  }
}

function isAnswer(answer: unknown): answer is Answer {
  return (
    isPlain(answer) &&
    typeof answer['status'] === 'number' &&
    answer['status'] >= 200 &&
    answer['status'] < 600 &&
    Number.isInteger(answer['status']) &&
    typeof answer['type'] === 'string' &&
    answer['body'] instanceof Uint8Array
  );
}

function responseOf({ status, type, body }: Answer): Response {
  const isEmpty = [204, 205, 304].includes(status);
  // A head that is none is what the network's own code would not have let through.
  const headers = /^[\x20-\x7e]*$/.test(type) ? { 'content-type': type } : { 'content-type': 'x/y' };
  return new Response(isEmpty ? null : Uint8Array.from(body), { status, headers });
}

function bodyOf({ body }: Answer): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(body).toString('utf8')) as Readonly<Record<string, unknown>>;
}

function listAt(
  body: Readonly<Record<string, unknown>>,
  name: string,
): readonly Readonly<Record<string, unknown>>[] {
  return Object.hasOwn(body, name) ? (body[name] as readonly Readonly<Record<string, unknown>>[]) : [];
}

function claimIn(item: Readonly<Record<string, unknown>>): object {
  const { uid, host, incarnation, project, since } = item;
  return givenIn({ uid, host, incarnation, project, since });
}
