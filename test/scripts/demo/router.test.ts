import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { Router, serveRouter } from '../../../scripts/demo/router.ts';

interface Page {
  readonly lineage: string;
  readonly sequence: number;
  readonly total: number;
  readonly items: readonly { readonly uid: string }[];
  readonly next: string | null;
}

async function call(port: number, path: string, init?: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return {
    status: response.status,
    body: (await response.json()) as Partial<Page> & Record<string, unknown>,
  };
}

t.test('later pages are of the reading that the first one began', (t) => {
  const router = new Router();
  for (let n = 0; n < 25; n++) router.set({ uid: `u${n}`, host: 'h1', project: 'p' });
  const first = router.page(null) as Page;
  router.delete('u24');
  const second = router.page(first.next) as Page;
  t.strictSame([first.items.length, second.items.length, second.next], [20, 5, null]);
  t.strictSame([second.sequence, second.total, second.lineage], [first.sequence, 25, first.lineage]);
  const again = router.page(null) as Page;
  t.strictSame([again.sequence, again.total], [first.sequence + 1, 24], 'the next reading is later');
  for (const cursor of ['', 'x', '1', '99.0', '1.x', '-1.0']) t.equal(router.page(cursor), undefined, cursor);
  for (let n = 0; n < 10; n++) router.page(null);
  t.equal(router.page(first.next), undefined, 'an old reading is forgotten, never mixed with a new one');
  t.end();
});

t.test(
  'over HTTP: routes begin and end, a uid is one segment of the path, what is strange is no answer',
  async (t) => {
    const server = await serveRouter(new Router());
    t.teardown(() => server.close());
    const { port } = server;
    const put = { method: 'PUT', body: JSON.stringify({ host: 'h1', project: 'p' }) };
    t.equal((await call(port, '/routes/a%2Fb', put)).status, 200);
    t.match((await call(port, '/routes/a%2Fb')).body, {
      claimed: true,
      claims: [{ uid: 'a/b', host: 'h1' }],
    });
    t.match((await call(port, '/routes')).body, { total: 1, items: [{ uid: 'a/b' }], next: null });
    t.equal((await call(port, '/routes/a%2Fb', { method: 'DELETE' })).status, 200);
    t.match(
      (await call(port, '/routes/a%2Fb')).body,
      { claimed: false, claims: [] },
      'known to be none: still 200',
    );
    t.equal((await call(port, '/routes?cursor=99.0')).status, 404);
    t.equal((await call(port, '/')).status, 404);
  },
);

t.test('as a process it says its port, serves, and ends with its standard input', async (t) => {
  const program = spawn(process.execPath, [join(import.meta.dirname, '../../../scripts/demo/router.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => program.kill());
  const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
  const { port } = JSON.parse(line) as { port: number };
  t.match((await call(port, '/routes')).body, { total: 0, items: [] });
  const exit = once(program, 'exit');
  program.stdin.end();
  t.strictSame(await exit, [0, null]);
});
