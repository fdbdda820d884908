import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import { httpWitness } from '../../../coordinator/src/witness/http.ts';
import { Router, serveRouter } from '../../../scripts/demo/router.ts';
import { failure, never, profile, readAll } from '../../support/witness.ts';

type Test = typeof t;
const fields = { uid: 'uid', host: 'host', project: 'project' };
const at = (port: number, more: { maxRows?: number; token?: string } = {}) =>
  httpWitness({ profile, url: `http://127.0.0.1:${port}/routes`, fields, maxRows: 1000, ...more });

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
  next: null,
  ...more,
});

t.test('reads the pages of one reading, and looks single uids up', async (t) => {
  const router = new Router();
  for (let n = 1; n <= 45; n++) router.set({ uid: `u${n}`, host: 'h1', project: 'p' });
  const { port, close } = await serveRouter(router);
  t.teardown(close);
  const first = await readAll(at(port));
  t.strictSame([first.claims.length, first.rows], [45, 45]);
  router.delete('u7');
  const second = await readAll(at(port));
  t.ok(second.version > first.version, 'every reading proves that it is later');
  t.equal(second.claims.length, 44);
  t.strictSame((await at(port).lookup('u1' as ServoUid, never)).claims, [
    { uid: 'u1', host: 'h1', project: 'p' },
  ]);
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
  ['a redirect', (_n, r) => r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /broke off/],
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
    /1 items came, total says 101: not the whole/,
  ],
  ['a list', (_n, r) => json(r, []), /want a JSON object/],
  ['no items', (_n, r) => json(r, page({ items: null })), /items is null; want a list/],
  ['an item without uid', (_n, r) => json(r, page({ items: [{ host: 'h1' }] })), /item 1: uid is undefined/],
  [
    'no word about a next page',
    (_n, r) => json(r, { lineage: 'r', sequence: 1, total: 1, items: [{ uid: 'u1' }] }),
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
          items: Array.from({ length: 400 }, (_, i) => ({ uid: `u${n}-${i}` })),
        }),
      ),
    /more than 1000 items/,
  ],
  [
    'data that changes while it is read',
    (n, r) => json(r, page({ sequence: n, next: 'c', total: 2 })),
    /data changed while it was read/,
  ],
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
    /want a list that agrees/,
  );
  t.match(
    await told((r) => json(r, { lineage: 'r', sequence: 1, claimed: false, claims: [{ host: 'h1' }] })),
    /want a list that agrees/,
  );
});

t.test('a server that hangs is given up when told to', async (t) => {
  const port = await served(t, () => undefined);
  t.match(await failure(readAll(at(port), AbortSignal.timeout(50))), /broke off/);
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
