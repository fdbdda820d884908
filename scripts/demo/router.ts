// The demo platform's router: which servo serves which route, as paged JSON over HTTP. A second source beside the registry.
//
//   GET /routes[?cursor=..]   one reading of all routes; the first page begins it, with a sequence of its own
//   GET /routes/<uid>         one uid; always answers 200 with claimed true or false
//   PUT /routes/<uid>         {"host": ..., "project": ...}   a route begins
//   DELETE /routes/<uid>      a route ends
//   PUT /slow/<uid>           {"ms": n}   look-ups of this uid are answered so much later
//   GET /slow/<uid>           {"asked": n}   how often this uid was looked up
//
// Runs as a process of its own: `node router.ts`; prints {"port": n} and ends with its standard input.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Route {
  readonly uid: string;
  readonly host: string;
  readonly project: string;
}

const pageSize = 20;
/** Readings that are kept for their later pages. */
const maxReadings = 10;

export class Router {
  readonly #lineage = `router-${randomUUID()}`;
  readonly #routes = new Map<string, Route>();
  readonly #readings = new Map<number, readonly Route[]>();
  #sequence = 0;

  set(route: Route): void {
    this.#routes.set(route.uid, route);
  }

  delete(uid: string): void {
    this.#routes.delete(uid);
  }

  /** One page; undefined for a cursor that it does not know. */
  page(cursor: string | null): object | undefined {
    let sequence: number;
    let offset = 0;
    if (cursor === null) {
      sequence = ++this.#sequence;
      this.#readings.set(sequence, [...this.#routes.values()]);
      this.#readings.delete(sequence - maxReadings);
    } else {
      const [, reading, from] = /^(\d+)\.(\d+)$/.exec(cursor) ?? [];
      sequence = Number(reading);
      offset = Number(from);
    }
    const reading = this.#readings.get(sequence);
    if (reading === undefined) return undefined;
    const end = offset + pageSize;
    const next = end < reading.length ? `${sequence}.${end}` : null;
    return {
      lineage: this.#lineage,
      sequence,
      total: reading.length,
      items: reading.slice(offset, end),
      next,
    };
  }

  /** Milliseconds by which look-ups of a uid are answered later. */
  readonly slow = new Map<string, number>();
  /** How often each uid was looked up. */
  readonly asked = new Map<string, number>();

  one(uid: string): object {
    this.asked.set(uid, (this.asked.get(uid) ?? 0) + 1);
    const route = this.#routes.get(uid);
    const claims = route === undefined ? [] : [route];
    return { lineage: this.#lineage, sequence: this.#sequence, claimed: route !== undefined, claims };
  }
}

/** Serves a router on loopback. Resolves with its port. @param at port; 0: any free one. */
export async function serveRouter(router: Router, at = 0): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((request, response) => {
    void answer(router, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(router: Router, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://router');
  const [, about = '', name = ''] = /^\/(routes|slow)\/([^/]+)$/.exec(url.pathname) ?? [];
  const uid = decodeURIComponent(name);
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  let body = '';
  for await (const piece of request) body += String(piece);
  if (about === 'slow') {
    if (request.method === 'PUT') router.slow.set(uid, (JSON.parse(body) as { ms: number }).ms);
    return send(200, { asked: router.asked.get(uid) ?? 0 });
  }
  if (uid !== '' && request.method === 'PUT') {
    router.set({ ...(JSON.parse(body) as Omit<Route, 'uid'>), uid });
    return send(200, {});
  }
  if (uid !== '' && request.method === 'DELETE') {
    router.delete(uid);
    return send(200, {});
  }
  if (uid !== '') {
    const said = router.one(uid);
    setTimeout(() => send(200, said), router.slow.get(uid) ?? 0);
    return;
  }
  const page = url.pathname === '/routes' ? router.page(url.searchParams.get('cursor')) : undefined;
  return page === undefined
    ? send(404, { error: 'want /routes, /routes?cursor=<next> or /routes/<uid>' })
    : send(200, page);
}

if (import.meta.main) {
  const { port } = await serveRouter(new Router());
  console.log(JSON.stringify({ port }));
  process.stdin.resume().on('end', () => process.exit(0));
}
