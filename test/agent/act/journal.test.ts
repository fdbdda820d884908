import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseId, type OrderId } from '@servo-auditor/proto/ids.ts';
import { realDisk, type Disk } from '../../../agent/src/act/disk.ts';
import { Journal, NotDurable } from '../../../agent/src/act/journal.ts';
import { readJournal } from '../../../agent/src/act/peek.ts';
import { repairJournal } from '../../../agent/src/act/repair.ts';
import { maxFinishedOrders } from '../../../agent/src/act/view.ts';
import type { Intent } from '../../../agent/src/act/entries.ts';
import { hash } from '../support/orders.ts';

const id = (n: number | string) => parseId('order', `o-${n}`);
const uidOf = (n: number) => parseId('servo uid', `s-${n}`);

function intent(n: number, more: Partial<Intent> = {}): Intent {
  return {
    order: id(n),
    local: false,
    action: 'stop',
    uid: uidOf(n),
    incarnation: parseId('incarnation', `b:${n}:1`),
    runtimeId: parseId('runtime id', `${n}:1`),
    launch: { argv: ['a'], cwd: '/', env: { A: 'b' } },
    listens: [],
    ...more,
  };
}

const done = { outcome: 'executed', code: 'done', message: 'm' } as const;

function stop(journal: Journal, n: number, waitMs: number): void {
  journal.append({ kind: 'intent', intent: intent(n) }, waitMs);
  journal.append({ kind: 'outcome', order: id(n), result: done }, waitMs);
}

/** What a view says, as one value. */
function said(journal: Pick<Journal, 'view'>, orders: readonly OrderId[]) {
  const { view } = journal;
  return {
    installation: view.installation,
    epoch: view.epoch,
    decision: view.decision,
    kept: [...view.kept],
    stopsMs: view.stopsMs,
    orders: orders.map((o) => view.order(o)),
    unreceipted: view.unreceipted(),
    unfinished: view.unfinished(),
    waitedMs: view.waitedMs,
  };
}

t.test('an empty one', (t) => {
  const journal = new Journal(t.testdir());
  t.strictSame(journal.mark, { sequence: 0, hash: hash('') });
  t.equal(journal.damage, undefined);
  t.equal(statSync(journal.path).mode & 0o777, 0o600);
  t.end();
});

t.test('what it said is said again after a restart', (t) => {
  const directory = t.testdir();
  const journal = new Journal(directory);
  const decision = { version: 4, hash: hash('4') };
  journal.append(
    {
      kind: 'accepted',
      installation: parseId('installation', 'main'),
      epoch: 2,
      decision,
      why: 'first-contact',
    },
    0,
  );
  journal.append({ kind: 'seen', epoch: 3, decision: { version: 5, hash: hash('5') } }, 1);
  stop(journal, 1, 10);
  stop(journal, 2, 20);
  journal.append({ kind: 'acked', order: id(1) }, 21);
  journal.append({ kind: 'closed', order: id(9), code: 'closed', message: 'm' }, 22);
  journal.append({ kind: 'intent', intent: intent(3) }, 30);
  journal.append({ kind: 'intent', intent: intent(2, { order: id('back'), action: 'start' }) }, 31);
  journal.append({ kind: 'outcome', order: id('back'), result: done }, 32);
  journal.close();
  const again = new Journal(directory);
  const orders = [id(1), id(2), id(3), id(9), id('back')];
  t.strictSame(said(again, orders), said(journal, orders));
  t.strictSame(again.mark, journal.mark);
  t.match(said(again, []), {
    epoch: 3,
    decision: { version: 5 },
    kept: [{ intent: { uid: 's-1' } }],
    stopsMs: [10, 20, 30],
    unfinished: [{ uid: 's-3' }],
    waitedMs: 32,
  });
  t.strictSame(
    again.view.unreceipted().map((o) => o.order),
    ['o-2', 'o-9', 'o-back'],
  );
  t.strictSame(said(readJournal(directory), orders), said(journal, orders), 'also to who only looks');
  t.end();
});

t.test('every prefix of a file is opened, cut to whole lines, and written on', (t) => {
  const source = t.testdir({ from: {}, to: {} });
  const journal = new Journal(join(source, 'from'));
  stop(journal, 1, 0);
  journal.append({ kind: 'acked', order: id(1) }, 0);
  const bytes = readFileSync(journal.path);
  for (let size = 0; size <= bytes.length; size++) {
    const path = join(source, 'to', 'journal');
    writeFileSync(path, bytes.subarray(0, size), { mode: 0o600 });
    const torn = new Journal(join(source, 'to'));
    const whole = bytes.subarray(0, size).lastIndexOf(10) + 1;
    if (torn.damage !== undefined || torn.tornBytes !== size - whole) t.fail(`${size}: ${torn.damage}`);
    torn.append({ kind: 'waited' }, 1);
    torn.close();
    if (readJournal(join(source, 'to')).damage !== undefined) t.fail(`${size}: damaged by writing on`);
  }
  t.end();
});

t.test('damage stops writing, not reading; the way out keeps what is readable', (t) => {
  const directory = t.testdir();
  const journal = new Journal(directory);
  stop(journal, 1, 0);
  stop(journal, 2, 0);
  journal.close();
  const lines = readFileSync(journal.path, 'utf8').split('\n');
  writeFileSync(journal.path, lines.with(2, 'garbage').join('\n'));
  const damaged = new Journal(directory);
  t.match(damaged.damage, /line 3 .*is no JSON.*repair-journal.*hosts accept/);
  t.throws(() => damaged.append({ kind: 'waited' }, 0), NotDurable);
  t.strictSame(
    [...damaged.view.kept].map((k) => k.intent.uid),
    ['s-1'],
  );
  t.equal(damaged.mark.sequence, 2, 'it stands where it was readable: lower than the coordinator knows');
  damaged.close();
  const before = readFileSync(journal.path, 'utf8');
  const repaired = repairJournal(directory);
  t.match(repaired, { kept: 2, moved: /journal\.damaged-1$/ });
  t.equal(readFileSync(repaired?.moved ?? '', 'utf8'), before);
  const again = new Journal(directory);
  t.equal(again.damage, undefined);
  t.equal(again.mark.sequence, 2);
  t.equal(repairJournal(directory), undefined, 'nothing to do twice');
  t.end();
});

t.test('a journal that others can read is refused', (t) => {
  const directory = t.testdir();
  new Journal(directory).close();
  chmodSync(join(directory, 'journal'), 0o640);
  t.throws(() => new Journal(directory), /mode 640.*chmod 600/);
  t.end();
});

t.test('a file that nobody compacted for ages is compacted, and says the same', (t) => {
  const directory = t.testdir();
  const journal = new Journal(directory, { compactAboveBytes: 4096 });
  stop(journal, 1, 5);
  journal.append({ kind: 'intent', intent: intent(2) }, 6);
  for (let n = 10; n < 200; n++) {
    journal.append({ kind: 'closed', order: id(n), code: 'c', message: 'm' }, n);
    journal.append({ kind: 'acked', order: id(n) }, n);
  }
  t.ok(readFileSync(journal.path, 'utf8').startsWith('{"entry":{"base":'), 'it begins with its base');
  const orders = [id(1), id(2), id(50), id(199)];
  const again = new Journal(directory);
  t.equal(again.damage, undefined);
  t.strictSame(said(again, orders), said(journal, orders));
  t.strictSame(again.mark, journal.mark);
  t.match(again.view, { stopsMs: [5, 6] });
  t.equal(again.mark.sequence > 3 + 2 * 190, true, 'its number never goes back');
  t.end();
});

t.test('finished orders are forgotten one day, all others never', (t) => {
  const journal = new Journal(t.testdir(), { disk: { ...realDisk, sync: () => undefined } });
  journal.append({ kind: 'closed', order: id('open'), code: 'c', message: 'm' }, 0);
  for (let n = 0; n < maxFinishedOrders + 5; n++) {
    journal.append({ kind: 'closed', order: id(n), code: 'c', message: 'm' }, 0);
    journal.append({ kind: 'acked', order: id(n) }, 0);
  }
  t.ok(journal.view.order(id('open')));
  t.equal(journal.view.order(id(4)), undefined);
  t.ok(journal.view.order(id(5)));
  t.equal([...journal.view.orders].length, maxFinishedOrders + 1);
  t.end();
});

t.test('a compaction that dies anywhere leaves one good file', (t) => {
  const steps = ['open', 'write', 'sync', 'rename', 'syncDirectory'] as const;
  for (const step of steps) {
    const directory = t.testdir({ [step]: {} });
    const own = join(directory, step);
    // An append writes and syncs once; what comes after that is the compaction's.
    let calls = -Infinity;
    const dies = () => {
      if (calls++ >= (step === 'write' || step === 'sync' ? 1 : 0)) throw new Error('died');
    };
    const disk: Disk = {
      ...realDisk,
      [step]: (...args: unknown[]) => {
        dies();
        return (realDisk[step] as (...a: unknown[]) => unknown)(...args);
      },
    };
    const journal = new Journal(own, { compactAboveBytes: 600, disk });
    stop(journal, 1, 0);
    calls = 0;
    const expected = journal.mark.sequence + 1;
    journal.append({ kind: 'acked', order: id(1) }, 1);
    copyFileSync(journal.path, join(own, 'copy'));
    const again = new Journal(own);
    t.equal(again.damage, undefined, step);
    t.ok(again.mark.sequence >= expected, step);
    t.match(again.view.order(id(1)), { acked: true }, step);
    t.notOk(existsSync(`${journal.path}.new`), step);
  }
  t.end();
});

t.test('a sync that fails leaves nothing to build on until the file is read anew', (t) => {
  const directory = t.testdir();
  let bad = false;
  const journal = new Journal(directory, {
    disk: {
      ...realDisk,
      sync(fd) {
        if (bad) throw new Error('EIO');
        realDisk.sync(fd);
      },
    },
  });
  bad = true;
  t.throws(() => journal.append({ kind: 'waited' }, 1), /restart the agent/);
  bad = false;
  t.throws(() => journal.append({ kind: 'waited' }, 1), NotDurable);
  t.equal(journal.mark.sequence, 0);
  t.equal(new Journal(directory).damage, undefined);
  t.end();
});

t.test('a file that was cut by hand goes back, which the coordinator sees', (t) => {
  const directory = t.testdir();
  const journal = new Journal(directory);
  stop(journal, 1, 0);
  const [first = ''] = readFileSync(journal.path, 'utf8').split(/(?<=\n)/);
  truncateSync(journal.path, first.length);
  const again = new Journal(directory);
  t.equal(again.damage, undefined);
  t.equal(again.mark.sequence, 1);
  t.end();
});
