import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import { whileChanging } from '../../../coordinator/src/witness/desk.ts';
import { httpWitness, plainAnswer } from '../../../coordinator/src/witness/http.ts';
import { Router, serveRouter } from '../../../scripts/demo/router.ts';
import { at as now } from '../../support/build.ts';
import { FleetUnderTest, routerProfile } from '../../support/fleet.ts';
import { failure, never, profile, readAll } from '../../support/witness.ts';

type Test = typeof t;
const fields = { uid: 'uid', host: 'host' };
const at = (port: number, more: { maxRows?: number; token?: string } = {}) =>
  httpWitness({
    profile,
    url: `http://127.0.0.1:${port}/routes`,
    fields,
    answer: plainAnswer,
    maxRows: 1000,
    ...more,
  });

/** A server that misbehaves as told, for the n-th request (from 1). */
async function served(
  t: Pick<Test, 'teardown'>,
  answer: (n: number, response: ServerResponse, url: URL) => void,
): Promise<number> {
  let n = 0;
  const server = createServer((request, response) =>
    answer(++n, response, new URL(request.url ?? '/', 'http://x')),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
const json = (response: ServerResponse, body: object): unknown =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const page = (more: object = {}) => ({
  lineage: 'r',
  sequence: 1,
  total: 1,
  items: [{ uid: 'u1', host: 'h1' }],
  next: null as string | null,
  ...more,
});

t.test('reads the pages of one reading, and looks single uids up', async (t) => {
  const router = new Router();
  for (let n = 1; n <= 45; n++) router.set({ uid: `u${n}`, host: 'h1', project: 'p' });
  const server = await serveRouter(router);
  t.teardown(() => server.close());
  const { port } = server;
  const first = await readAll(at(port));
  t.strictSame([first.claims.length, first.rows], [45, 45]);
  router.delete('u7');
  const second = await readAll(at(port));
  t.ok(second.version > first.version, 'every reading proves that it is later');
  t.equal(second.claims.length, 44);
  t.strictSame((await at(port).lookup('u1' as ServoUid, never)).claims, [{ uid: 'u1', host: 'h1' }]);
  t.strictSame((await at(port).lookup('u7' as ServoUid, never)).claims, []);
});

const bad: [
  name: string,
  answer: (n: number, response: ServerResponse, url: URL) => void,
  message: RegExp,
][] = [
  [
    'HTML',
    (_n, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
    /content type text\/html; want application\/json/,
  ],
  [
    'HTML that says it is JSON',
    (_n, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('<html>'),
    /is no JSON/,
  ],
  ['an error', (_n, r) => r.writeHead(503).end('sorry'), /HTTP 503; want 200/],
  ['not found', (_n, r) => r.writeHead(404).end(), /HTTP 404/],
  [
    'a redirect',
    (_n, r) => r.writeHead(302, { location: '/login' }).end(),
    /HTTP 302, a redirect to "\/login"; want 200/,
  ],
  [
    'a break in mid-page',
    (_n, r) => {
      r.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"items": [');
      setImmediate(() => r.destroy());
    },
    /broke off/,
  ],
  [
    'a total that is not reached',
    (_n, r) => json(r, page({ total: 101 })),
    /1 items came, \/total says 101: not the whole/,
  ],
  ['a list', (_n, r) => json(r, []), /want a JSON object/],
  ['no items', (_n, r) => json(r, page({ items: null })), /items is null; want a list/],
  [
    'an item without uid',
    (_n, r) => json(r, page({ items: [{ host: 'h1' }] })),
    /item 1: uid is undefined; want 1/,
  ],
  [
    'no word about a next page',
    (_n, r) => json(r, { lineage: 'r', sequence: 1, total: 1, items: [{ uid: 'u1', host: null }] }),
    /next is missing/,
  ],
  ['a page that comes again', (_n, r) => json(r, page({ next: 'a', total: 9 })), /for a second time/],
  [
    'pages that never end',
    (n, r) => json(r, page({ next: `c${n}`, total: 9, items: [] })),
    /no items, and yet a next page/,
  ],
  [
    'more items than allowed',
    (n, r) =>
      json(
        r,
        page({
          next: `c${n}`,
          total: 5000,
          items: Array.from({ length: 400 }, (_, i) => ({ uid: `u${n}-${i}`, host: 'h1' })),
        }),
      ),
    /page 3, item 1001: more than 1000 items/,
  ],
  [
    'a total that changes',
    (n, r) => json(r, page({ next: 'c', total: n + 1 })),
    /page 2: total is 3, the first page had 2: the data changed while it was read/,
  ],
  [
    'more items than the total, page after page',
    (n, r) => json(r, page({ next: `c${n}`, total: 2, items: [{ uid: `u${n}`, host: 'h1' }] })),
    /page 3, item 3: \/total says 2 items; want no more/,
  ],
  [
    'a field with another name',
    (_n, r) => json(r, page({ items: [{ uid: 'u1', node: 'h1' }] })),
    /item 1: has no field "host"; want it, null where it is not known/,
  ],
  [
    'a null uid',
    (_n, r) => json(r, page({ items: [{ uid: null, host: 'h1' }] })),
    /item 1: uid is null; want 1/,
  ],
  ['a cursor that is no text', (_n, r) => json(r, page({ next: 7 })), /next is 7; want text/],
  [
    'no sequence',
    (_n, r) => json(r, page({ sequence: undefined })),
    /sequence is undefined; want a whole number/,
  ],
  ['no total', (_n, r) => json(r, page({ total: undefined })), /total is undefined; want a whole number/],
  ['no lineage', (_n, r) => json(r, page({ lineage: '' })), /lineage is ""; want text/],
  [
    'a page that never ends',
    (_n, r) => {
      r.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        if (!r.destroyed) r.write(' '.repeat(65_536), () => setImmediate(more));
      };
      more();
    },
    /more than 1048576 bytes; want smaller pages/,
  ],
  [
    'an empty answer',
    (_n, r) => r.writeHead(200, { 'content-type': 'application/json' }).end(),
    /is no JSON: ""/,
  ],
  ['nothing at all', (_n, r) => r.writeHead(204).end(), /HTTP 204; want 200/],
  [
    'another lineage on the second page',
    (n, r) => json(r, page({ lineage: `r${n}`, next: 'c', total: 2 })),
    /lineage is "r2", the first page had "r1"/,
  ],
];
for (const [name, answer, message] of bad)
  t.test(`fails for ${name}`, async (t) =>
    t.match(await failure(readAll(at(await served(t, answer)))), message),
  );

t.test('fails for a page that comes again under another cursor, though the count is right', async (t) => {
  // Three pages of one item; the second comes as the first once more, so one claim is missing.
  const port = await served(t, (n, r) =>
    json(
      r,
      page({
        total: 3,
        next: n < 3 ? `c${n}` : null,
        items: [{ uid: n === 2 ? 'u1' : `u${n}`, host: 'h1' }],
      }),
    ),
  );
  const builder = new FleetUnderTest().fleet.beginSnapshot(routerProfile.id, now(0));
  t.match(
    await failure(at(port).read(builder, never)),
    /page 2, item 2: router claims u1 on h1 twice: want each claim once/,
  );
});

t.test('data that changes while it is read is read again, three times at most', async (t) => {
  let changes = 2;
  let requests = 0;
  const port = await served(t, (_n, r, url) => {
    requests++;
    const isFirst = url.searchParams.get('cursor') === null;
    const sequence = isFirst || changes-- <= 0 ? 1 : 2;
    const items = [{ uid: isFirst ? 'u1' : 'u2', host: 'h1' }];
    json(r, page({ sequence, total: 2, next: isFirst ? 'c' : null, items }));
  });
  const { claims } = await whileChanging(() => readAll(at(port)));
  t.strictSame([claims.map(({ uid }) => uid), requests], [['u1', 'u2'], 6]);
  changes = 1000;
  requests = 0;
  t.match(await failure(whileChanging(() => readAll(at(port)))), /the data changed while it was read/);
  t.equal(requests, 6);
});

t.test('what stands where, and what it is called, is configured', async (t) => {
  const seen: string[] = [];
  const port = await served(t, (_n, r, url) => {
    seen.push(url.pathname + url.search);
    const meta = { db: 'r', read: 3, 'a/b': 2 };
    if (url.pathname !== '/api/v2/servos')
      return json(r, { meta, used: true, at: [{ name: 'u2', node: 'h2', since: 2 }] });
    return url.searchParams.get('after') === null
      ? json(r, { meta, data: { list: [{ name: 'u1', node: 'h1', since: 1 }] }, after: 'x y' })
      : json(r, { meta, data: { list: [{ name: 'u2', node: null, since: 2 }] }, after: null });
  });
  const witness = httpWitness({
    profile,
    url: `http://127.0.0.1:${port}/api/v2/servos?limit=1`,
    fields: { uid: 'name', host: 'node', since: 'since' },
    answer: {
      cursorParameter: 'after',
      lineage: '/meta/db',
      sequence: '/meta/read',
      total: '/meta/a~1b',
      items: '/data/list',
      next: '/after',
      claimed: '/used',
      claims: '/at',
    },
    maxRows: 10,
  });
  t.strictSame(await readAll(witness), {
    version: 3,
    lineage: 'r',
    rows: 2,
    claims: [
      { uid: 'u1', host: 'h1', since: 1 },
      { uid: 'u2', since: 2 },
    ],
    tombstones: [],
  });
  t.strictSame((await witness.lookup('u2' as ServoUid, never)).claims, [{ uid: 'u2', host: 'h2', since: 2 }]);
  t.strictSame(seen, [
    '/api/v2/servos?limit=1',
    '/api/v2/servos?limit=1&after=x+y',
    '/api/v2/servos/u2?limit=1',
  ]);
});

t.test('a server that halves its pages is read whole all the same', async (t) => {
  const all = Array.from({ length: 100 }, (_, i) => ({ uid: `u${i}`, host: 'h1' }));
  const port = await served(t, (n, r, url) => {
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const end = from + (n === 1 ? 40 : 20);
    json(r, page({ total: 100, items: all.slice(from, end), next: end < 100 ? String(end) : null }));
  });
  t.equal((await readAll(at(port))).claims.length, 100);
});

t.test('a look-up that cannot be told is an error, never "released"', async (t) => {
  const told = async (answer: (r: ServerResponse) => unknown) =>
    await failure(at(await served(t, (_n, r) => answer(r))).lookup('u1' as ServoUid, never));
  t.match(await told((r) => r.writeHead(404).end()), /HTTP 404/);
  t.match(
    await told((r) => json(r, { lineage: 'r', sequence: 1 })),
    /claimed is undefined; want true or false/,
  );
  t.match(
    await told((r) => json(r, { lineage: 'r', sequence: 1, claimed: true, claims: [] })),
    /claims has 0 entries; want a list that agrees/,
  );
  t.match(
    await told((r) => json(r, { lineage: 'r', sequence: 1, claimed: false, claims: [{ host: 'h1' }] })),
    /claims has 1 entries; want a list that agrees/,
  );
  const claims = (...listed: object[]) =>
    told((r) => json(r, { lineage: 'r', sequence: 1, claimed: true, claims: listed }));
  t.match(await claims({ uid: 'u2', host: 'h1' }), /the answer is about "u2"; want one about this uid/);
  t.match(await claims({ node: 'h1' }), /has no field "host"/);
  t.match(await claims({ host: 'h1' }, { host: 'h1' }), /claimed twice at one place/);
  t.match(await claims(...Array.from({ length: 1001 }, (_, i) => ({ host: `h${i}` }))), /1001 entries/);
  t.match(await told((r) => json(r, { lineage: 'r', claimed: false })), /sequence is undefined/);
  t.match(await told((r) => json(r, { sequence: 1, claimed: false })), /lineage is undefined/);
  t.match(await told((r) => r.writeHead(200, { 'content-type': 'text/html' }).end()), /text\/html/);
  t.match(await told((r) => r.destroy()), /broke off/);
});

t.test('a server that hangs is given up when told to', async (t) => {
  const port = await served(t, () => undefined);
  t.match(await failure(readAll(at(port), AbortSignal.timeout(50))), /was given up: .*timeout/);
  const slow = await served(t, (_n, r) =>
    r.writeHead(200, { 'content-type': 'application/json' }).write('{'),
  );
  t.match(
    await failure(readAll(at(slow), AbortSignal.timeout(50))),
    /was given up: .*timeout/,
    'in mid-body too',
  );
});

t.test('a uid is one segment of the path, and the token never stands in a message', async (t) => {
  const seen: string[] = [];
  const port = await served(t, (_n, r, url) => {
    seen.push(url.pathname);
    json(r, { lineage: 'r', sequence: 1, claimed: false });
  });
  await at(port).lookup('a/../b' as ServoUid, never);
  t.strictSame(seen, ['/routes/a%2F..%2Fb']);
  const down = at(1, { token: 'hush-hush' });
  t.notMatch(await failure(readAll(down)), /hush/);
});
