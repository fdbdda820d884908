// kubernetes/kubernetes #5819, #108844.
//   believed -> true   heartbeats are stale -> a clock was set
//   world              three certified hosts, one servo released 40 minutes ago (grace is an hour)
//   fault              the wall clock of the coordinator, of an agent, of both jumps by a second, an hour, a day, both ways; the
//                      coordinator's machine sleeps for six hours; it is booted anew
//   outcome            no verdict moves towards orphan by it, and nothing is stopped sooner than grace allows
//   refuses            host-fresh, witness-fresh (evidence only ever becomes older), grace (waits never shorter), rounds (another boot)
import t from 'tap';
import { aCell, day, hour, minute, second } from '../support/cell/cell.ts';
import { onlyTrueOrphans } from './support.ts';

const rank: Readonly<Record<string, number>> = { suspect: 1, orphan: 2 };
const towardsOrphan = (before: string, after: string) => (rank[after] ?? 0) > (rank[before] ?? 0);

t.test('wall clocks jump', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  let n = 1;
  for (const size of [second, hour, day])
    for (const ms of [size, -size])
      await t.test(`by ${ms / second} s`, async (t) => {
        const host = `h${(n % 3) + 1}`;
        const uid = `${host}-s${n}`;
        cell.delete(`${host}-p${n++}`);
        await cell.spend(40 * minute, 5 * minute);
        const stopped = cell.stopped();
        const all = [
          uid,
          ...['h1', 'h2', 'h3'].flatMap((id) => [1, 2, 3, 4, 5, 6].map((s) => `${id}-s${s}`)),
        ];
        const before = all.map((u) => cell.explain(u).verdict);
        t.equal(before[0], 'suspect');
        for (const machine of [cell.machine, cell.host(host).setting.machine]) {
          machine.jump(ms);
          await cell.pass();
          const after = all.map((u) => cell.explain(u).verdict);
          t.notOk(
            after.some((verdict, i) => towardsOrphan(before[i] ?? '', verdict)),
            `no verdict moves: ${after.join(' ')}`,
          );
          await cell.rounds(2);
          t.same(cell.stopped(), stopped, 'nothing is stopped sooner');
        }
        await onlyTrueOrphans(t, cell, [uid], 4 * hour);
        await cell.spend(25 * hour, hour);
      });
});

t.test('the coordinator’s machine sleeps between reading and sending', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.delete('h1-p1');
  await cell.spend(59 * minute, 5 * minute);
  const before = cell.stopped();
  // The router answers; before the pass goes on, the machine sleeps for six hours.
  cell.platform.fault = (path) => {
    if (path.startsWith('/routes?') || path === '/routes') cell.machine.sleep(6 * hour);
    return false;
  };
  cell.advance(3 * minute);
  await cell.beat();
  cell.advance(5 * second);
  await cell.beat();
  await cell.pass();
  const { refuse } = cell.explain('h1-s1');
  t.ok(refuse.includes('host-fresh') && refuse.includes('witness-fresh'), refuse.join());
  t.same(cell.stopped(), before);
  cell.platform.fault = () => false;
  await onlyTrueOrphans(t, cell, ['h1-s1'], 3 * hour);
});

t.test('the coordinator sleeps between the order and the last question', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.delete('h1-p1');
  const host = cell.host('h1');
  host.beforeAsking = () => {
    host.beforeAsking = () => undefined;
    cell.machine.sleep(6 * hour);
  };
  await cell.until('a receipt', () => host.receipts.length > 1, 3 * hour);
  t.same(host.receipts.at(-1), { outcome: 'refused', code: 'confirm-no' });
  t.notOk(cell.stopped().includes('h1-s1'));
  await onlyTrueOrphans(t, cell, ['h1-s1'], 3 * hour);
});

t.test('the coordinator’s machine is booted anew', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.delete('h1-p1');
  await cell.spend(59 * minute, 5 * minute);
  const before = cell.stopped();
  await cell.restart(() => cell.machine.reboot());
  cell.advance(2 * minute);
  await cell.beat();
  await cell.pass();
  t.not(cell.explain('h1-s1').verdict, 'orphan', 'rounds of another boot count no more');
  t.same(cell.stopped(), before);
  await onlyTrueOrphans(t, cell, ['h1-s1'], 3 * hour);
});
