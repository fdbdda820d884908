// Stands between the coordinator and the router, and answers in its place with what a broken service may say.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault =
  /** A page for people, as a proxy shows it when the service is down. */
  | 'html'
  /** The connection ends in the middle of a page. */
  | 'mid-page'
  /** The next page is the first one again. */
  | 'repeat'
  /** Always another page, with other items. */
  | 'endless'
  /** No answer at all. */
  | 'silent'
  /** All is well formed, and empty. */
  | 'empty'
  /** Another database than before answers. */
  | 'other-lineage';

interface Page {
  readonly lineage: string;
  readonly sequence: number;
  readonly total: number;
  readonly items: readonly object[];
}

export class Front {
  fault: Fault | undefined;
  readonly #routerPort: number;
  #pages = 0;

  constructor(routerPort: number) {
    this.#routerPort = routerPort;
  }

  /** Resolves with the port on loopback. */
  async listen(): Promise<{ readonly port: number; close(): void }> {
    const server = createServer((request, response) => {
      void this.#answer(request.url ?? '/', response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      port,
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    };
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    const { fault } = this;
    if (fault === 'silent') return;
    const direct = fault === 'repeat' || fault === 'endless' ? path.replace(/\?.*/, '') : path;
    const real = await fetch(`http://127.0.0.1:${this.#routerPort}${direct}`);
    const text = await real.text();
    const page = JSON.parse(text) as Page;
    const json = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
    switch (fault) {
      case undefined:
        return json(real.status, text);
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>Bad gateway</h1></html>');
        return;
      case 'mid-page':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
        response.write(text.slice(0, text.length / 2), () => response.destroy());
        return;
      case 'repeat':
        return json(200, JSON.stringify({ ...page, sequence: 1e9, total: 1e6, next: 'again' }));
      case 'endless': {
        const items = page.items.map((item, i) => ({ ...item, uid: `endless-${this.#pages}-${i}` }));
        const next = `page-${++this.#pages}`;
        return json(200, JSON.stringify({ ...page, sequence: 1e9, total: 1e6, items, next }));
      }
      case 'empty':
        return json(200, JSON.stringify({ ...page, total: 0, items: [], next: null }));
      case 'other-lineage':
        return json(200, JSON.stringify({ ...page, lineage: 'another-router' }));
    }
  }
}
