// Travis CI, 2016-08-09.
//   believed -> true   not in the catalogue's reply -> the reply held the newest 100 only
//   world              three certified hosts; the router answers in pages of 20, and has more than that
//   fault              the last page is lost; a page comes twice; the server answers with the newest page alone, and says that
//                      this is all; the registry answers with its newest rows alone
//   outcome            what was cut off stays live
//   refuses            witness completeness (witness-fresh); where the reply is whole in itself, the other source's claim
import t, { type Test } from 'tap';
import { aCell, hour, minute, type Cell } from '../support/cell/cell.ts';
import type { HttpFault } from '../support/cell/platform.ts';
import { onlyTrueOrphans } from './support.ts';

type Page = { items: unknown[]; total: number; next: string | null };

/** The router's own page, changed. */
function pages(cell: Cell, change: (page: Page, cursor: string | null) => object): HttpFault {
  return (path, response) => {
    const url = new URL(path, 'http://router');
    if (url.pathname !== '/routes') return false;
    const cursor = url.searchParams.get('cursor');
    const page = cell.platform.router.page(cursor) as Page;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(change(page, cursor)));
    return true;
  };
}

function allLive(t: Test, cell: Cell): void {
  const cutOff = ['h1', 'h2', 'h3']
    .flatMap((id) => Array.from({ length: 8 }, (_, n) => `${id}-s${n + 1}`))
    .filter((uid) => cell.platform.owns(uid) && cell.explain(uid).verdict !== 'live');
  t.same(cutOff, [], 'what was cut off stays live');
  t.same(cell.wronglyStopped(), []);
}

t.test('pages of 20, and more than 20 routes', async (t) => {
  const cell = await aCell(t, { servos: 8 });
  await cell.certify();
  const incomplete: readonly (readonly [string, HttpFault])[] = [
    ['the last page is lost', pages(cell, (page) => ({ ...page, next: null }))],
    ['the first page comes again', pages(cell, (page) => ({ ...page, next: 'again' }))],
    [
      'the last page is empty',
      pages(cell, (page, cursor) => (cursor === null ? page : { ...page, items: [] })),
    ],
  ];
  for (const [i, [name, fault]] of incomplete.entries())
    await t.test(name, async (t) => {
      const host = `h${i + 1}`;
      cell.delete(`${host}-p1`);
      await cell.rounds(3);
      cell.platform.fault = fault;
      await cell.spend(3 * hour, 10 * minute);
      t.ok(cell.explain(`${host}-s1`).refuse.includes('witness-fresh'));
      allLive(t, cell);
      cell.platform.fault = () => false;
      await onlyTrueOrphans(t, cell, [`${host}-s1`], 3 * hour);
    });

  await t.test('the newest page alone, which says that it is all', async (t) => {
    cell.platform.fault = pages(cell, (page) => ({ ...page, total: page.items.length, next: null }));
    await cell.spend(30 * hour, hour);
    allLive(t, cell);
    cell.platform.fault = () => false;
  });

  await t.test('the registry shows its newest rows alone, and counts only those', async (t) => {
    cell.platform.sql(
      'ALTER TABLE claim RENAME TO every; CREATE VIEW claim AS SELECT * FROM every ORDER BY version DESC LIMIT 18;',
    );
    await cell.spend(30 * hour, hour);
    allLive(t, cell);
    cell.platform.sql('DROP VIEW claim; ALTER TABLE every RENAME TO claim;');
    cell.delete('h1-p2');
    await onlyTrueOrphans(t, cell, ['h1-s2'], 27 * hour);
  });
});
