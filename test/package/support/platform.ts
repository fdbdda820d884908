// The platform of a test: its registry (a SQLite file) and its router, as the README's configuration names them. Takes one line of
// JSON per act, and answers each with one.
import { existsSync, mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRegistry, openRegistry } from '../../../scripts/demo/registry.ts';
import { Router, serveRouter } from '../../../scripts/demo/router.ts';

mkdirSync('/var/lib/platform', { recursive: true });
const file = '/var/lib/platform/registry.db';
const registry = existsSync(file) ? openRegistry(file) : createRegistry(file);
const router = new Router();
await serveRouter(router, 8080);

type Act =
  | { readonly do: 'claim'; readonly uid: string; readonly project: string; readonly host: string }
  | { readonly do: 'delete'; readonly project: string };

console.log('{}');
for await (const line of createInterface(process.stdin)) {
  const act = JSON.parse(line) as Act;
  if (act.do === 'claim') {
    const { uid, project, host } = act;
    registry.claim(project, uid, host);
    router.set({ uid, host, project });
  } else for (const uid of registry.deleteProject(act.project)) router.delete(uid);
  console.log('{}');
}
process.exit(0);
