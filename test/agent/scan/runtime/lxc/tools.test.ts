import t from 'tap';
import { lastLine, parseList, runProgram } from '../../../../../agent/src/scan/runtime/lxc/tools.ts';

t.test('the list of guests', (t) => {
  const list = parseList('NAME  STATE   PID  \ng1    RUNNING 2732 \ng-2.x STOPPED -    \n');
  t.strictSame(
    [...list],
    [
      ['g1', { state: 'RUNNING', pid: 2732 }],
      ['g-2.x', { state: 'STOPPED', pid: undefined }],
    ],
  );
  t.equal(parseList('').size, 0, 'without guests LXC prints nothing');
  t.throws(() => parseList('g1 RUNNING 1\n'), /begins with/);
  t.throws(() => parseList('NAME STATE PID\ng1 DREAMING 1\n'), /want a name, a state and a process/);
  t.throws(() => parseList('NAME STATE PID\na b RUNNING 1\n'), /want a name/, 'a name with a space');
  t.throws(() => parseList('NAME STATE PID\ng1 RUNNING\n'), /want a name/);
  t.end();
});

t.test('what a tool said last', (t) => {
  t.equal(
    lastLine('x\nlxc-stop: g2: ../src/lxc/tools/lxc_stop.c: main: 168 g2 is not running\n'),
    'g2 is not running',
  );
  t.equal(lastLine(''), 'no reason given');
  t.end();
});

t.test('a program that is not there, hangs, or fails', async (t) => {
  const none = await runProgram('servo-no-such-tool', [], { ms: 1000 });
  t.match(none, { kind: 'failed', code: 'no-tools', message: /there is no servo-no-such-tool/ });
  const hung = await runProgram('sleep', ['100'], { ms: 50 });
  t.match(hung, { kind: 'failed', code: 'tools-hang', message: /did not answer within 50 ms/ });
  const over = new AbortController();
  const aborted = runProgram('sleep', ['100'], { ms: 60_000, signal: over.signal });
  over.abort();
  t.match(await aborted, { kind: 'failed' });
  t.match(await runProgram('sh', ['-c', 'echo no >&2; exit 3'], { ms: 1000 }), {
    kind: 'ran',
    code: 3,
    err: 'no\n',
  });
  process.env['SERVO_TEST_SECRET'] = 'x';
  const env = await runProgram('env', [], { ms: 1000 });
  t.match(env, { kind: 'ran', code: 0, out: /^LC_ALL=C$/m });
  t.notMatch(env, { out: /SERVO_TEST_SECRET/ }, 'nothing of the agent’s own');
});
