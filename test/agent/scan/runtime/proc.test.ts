import t from 'tap';
import {
  isAlive,
  parseStat,
  readStatSync,
  readUserSync,
  splitParts,
} from '../../../../agent/src/scan/runtime/proc.ts';

t.test('a name may hold anything', async (t) => {
  const stat = parseStat('71 (a) R 9 (b c) S 1 72 73 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242 1 1');
  t.strictSame(stat, { pid: 71, state: 'S', ppid: 1, pgid: 72, session: 73, cpuTicks: 34, startTicks: 4242 });
});

t.test('a process that is ending has no group and no session', (t) => {
  const line = '71 (a) Z 1 -1 -1 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242 1 1';
  t.match(parseStat(line), { state: 'Z', pgid: -1, session: -1 });
  t.end();
});

t.test('what is no such line is refused', async (t) => {
  for (const line of [
    '',
    '71',
    '71 (a) S 1',
    '71 (a) S 1 72 73 0 -1 4194304 1 0 0 0 7 x 9 10 20 0 1 0 4242',
    // What is blank is no zero, and nothing is process 0.
    '71 (a) S                    ',
    '71 (a) S 1  73 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242',
    ' (a) S 1 72 73 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242',
    '0 (a) S 1 72 73 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242',
    '7(a) S 1 72 73 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242',
    '71 (a) S 1 72 73 0 -1 4194304 1 0 0 0 0x7 8 9 10 20 0 1 0 4242',
    '71 (a) S 1 72 73 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 -1',
  ]) {
    t.throws(() => parseStat(line), /not a line/, line);
  }
});

t.test('this process, and one that is not', async (t) => {
  t.match(readStatSync(process.pid), { pid: process.pid, ppid: process.ppid });
  t.equal(readUserSync(process.pid), process.getuid?.());
  t.equal(readStatSync(2 ** 22 + 1), undefined);
  t.equal(readUserSync(2 ** 22 + 1), undefined);
});

t.test('what has ended is gone, although its number is still there', async (t) => {
  const stat = parseStat('71 (a) S 1 72 73 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242 1 1');
  t.ok(isAlive(stat));
  t.notOk(isAlive({ ...stat, state: 'Z' }));
  t.notOk(isAlive({ ...stat, state: 'X' }));
  t.notOk(isAlive(undefined));
});

t.test('parts end in zero bytes, and may be empty', async (t) => {
  t.strictSame(splitParts('a\0\0b\0'), ['a', '', 'b']);
  t.strictSame(splitParts('a'), ['a']);
  t.strictSame(splitParts(''), []);
});
