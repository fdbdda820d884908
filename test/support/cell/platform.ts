// The platform around a cell: a real registry in SQLite, which is the authority, and a router over HTTP, which can be made to
// answer as services do when they fail.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Witness } from '../../../coordinator/src/witness/port.ts';
import type { SqlQueries } from '../../../coordinator/src/witness/sql.ts';
import { openWitness } from '../../../coordinator/src/witness/open.ts';
import { createRegistry, registryQueries, type Registry } from '../../../scripts/demo/registry.ts';
import { Router } from '../../../scripts/demo/router.ts';

/** Answers instead of the router. Returns false to let the router answer. */
export type HttpFault = (path: string, response: ServerResponse) => boolean;

export class Platform {
  readonly registry: Registry;
  readonly file: string;
  readonly router: Router;
  /** How the router fails now. */
  fault: HttpFault = () => false;
  readonly #claims = new Map<string, { readonly project: string; readonly host: string }>();
  readonly #port: number;
  readonly #close: () => void;

  private constructor(file: string, router: Router, port: number, close: () => void) {
    this.file = file;
    this.registry = createRegistry(file);
    this.router = router;
    this.#port = port;
    this.#close = close;
  }

  static async create(directory: string): Promise<Platform> {
    const router = new Router();
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://router');
      if (platform.fault(`${url.pathname}${url.search}`, response)) return;
      const uid = /^\/routes\/([^/]+)$/.exec(url.pathname)?.[1];
      const body =
        uid === undefined ? router.page(url.searchParams.get('cursor')) : router.one(decodeURIComponent(uid));
      response
        .writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const platform: Platform = new Platform(join(directory, 'registry.db'), router, port, () => {
      server.close();
      server.closeAllConnections();
    });
    return platform;
  }

  /** The witnesses as a configuration would make them. */
  witnesses(which: 'both' | 'registry', queries: Partial<SqlQueries>): readonly Witness[] {
    const registry = openWitness(
      {
        kind: 'sql',
        id: parseId('witness', 'registry'),
        source: parseId('source', 'registry'),
        authority: true,
        reads: 'primary',
        file: this.file,
        queries: { ...registryQueries, ...queries },
      },
      100_000,
    );
    if (which === 'registry') return [registry];
    const router = openWitness(
      {
        kind: 'http',
        id: parseId('witness', 'router'),
        source: parseId('source', 'router'),
        authority: false,
        url: `http://127.0.0.1:${this.#port}/routes`,
        fields: { uid: 'uid', host: 'host', project: 'project', incarnation: undefined, since: undefined },
        answer: undefined,
        lookup: true,
        tokenFile: undefined,
      },
      100_000,
    );
    return [registry, router];
  }

  /** Registry and router claim it from now on. */
  claim(project: string, uid: string, host: string): void {
    this.registry.claim(project, uid, host);
    this.router.set({ uid, host, project });
    this.#claims.set(uid, { project, host });
  }

  /** The project is deleted; its routes end. */
  delete(project: string): void {
    for (const uid of this.registry.deleteProject(project)) {
      this.router.delete(uid);
      this.#claims.delete(uid);
    }
  }

  /** Whether somebody still uses it: what the platform itself knows, whatever its services answer. */
  owns(uid: string): boolean {
    return this.#claims.has(uid);
  }

  /** Something is done to the registry's database by hand. */
  sql(text: string): void {
    const db = new Database(this.file);
    try {
      db.exec(text);
    } finally {
      db.close();
    }
  }

  close(): void {
    this.registry.close();
    this.#close();
  }
}
