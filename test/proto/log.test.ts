import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { logger, type LogLevel } from '../../proto/src/log.ts';
import { limit, whyNoFullDisk, withoutRunner } from '../support/full-disk.ts';

function capture(level: LogLevel = 'info') {
  const lines: string[] = [];
  const log = logger('servo-test', level, { write: (line: string) => void lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

t.test('an event is one line of JSON', (t) => {
  const { log, lines, last } = capture();
  log.info({ event: 'order.refused', order: 'o1', uid: 'u1', numbers: { ageMs: 5 } }, 'not quiet');
  t.equal(lines.length, 1);
  t.match(last(), {
    level: 'info',
    name: 'servo-test',
    event: 'order.refused',
    order: 'o1',
    uid: 'u1',
    numbers: { ageMs: 5 },
    msg: 'not quiet',
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  });
  t.end();
});

t.test('what is below the level is not written', (t) => {
  const { log, lines } = capture('warn');
  log.info({ event: 'x' });
  t.equal(lines.length, 0);
  t.end();
});

t.test('secrets stay out, wherever they stand', (t) => {
  const { log, lines, last } = capture();
  const planted = 'hunter2';
  log.info({
    event: 'x',
    key: planted,
    privateKey: planted,
    private_key: planted,
    secret: planted,
    clientSecret: planted,
    token: planted,
    password: planted,
    env: { PATH: planted },
    argv: [planted],
    launch: { argv: [planted], env: { A: planted }, cwd: '/srv' },
    servos: [{ uid: 'u1', env: { A: planted } }],
    bytes: new TextEncoder().encode(planted),
  });
  log.child({ apiToken: planted, host: 'h1' }).info({ event: 'y' });
  const failed = Object.assign(new Error('connect failed'), { env: { A: planted }, key: planted, port: 5 });
  log.error({ event: 'z', err: new Error('no witness', { cause: failed }) });
  log.error({ event: 'z', err: failed });
  t.notMatch(lines.join(''), /hunter2/);
  t.match(last(), { err: { message: 'connect failed', port: 5, key: '[redacted]', env: '[redacted]' } });
  t.match(JSON.parse(lines[0] ?? ''), {
    launch: { cwd: '/srv' },
    servos: [{ uid: 'u1' }],
    bytes: '[7 bytes]',
  });
  t.match(JSON.parse(lines[1] ?? ''), { host: 'h1', apiToken: '[redacted]' });
  t.match(lines[2], /no witness/);
  t.match(lines[2], /connect failed/, 'with the cause');
  t.end();
});

t.test('what is no secret stays in', (t) => {
  const { log, last } = capture();
  log.info({ event: 'x', keyed: 1, environment_id: 2, argument: 3, tokens_seen: 4 });
  t.match(last(), { keyed: 1, environment_id: 2, argument: 3, tokens_seen: 4 });
  t.end();
});

t.test('a cycle ends', (t) => {
  const { log, last } = capture();
  const loop: Record<string, unknown> = { uid: 'u1' };
  loop['self'] = loop;
  log.info({ event: 'x', loop });
  t.match(JSON.stringify(last()), /\[too deep\]/);
  t.end();
});

t.test(
  'a log that cannot be written ends nobody: events wait for room, and what was lost is counted',
  { skip: whyNoFullDisk() ?? false },
  async (t) => {
    const file = join(t.testdir(), 'log');
    const script = `
    import { logger } from '${import.meta.dirname}/../../proto/src/log.ts';
    const log = logger('x', 'info');
    process.stdin.once('data', () => {
      for (let i = 0; i < 5000; i++) log.info({ event: 'full', pad: 'x'.repeat(100) });
      console.log('alive');
      process.stdin.once('data', () => log.info({ event: 'room' }));
      process.stdin.on('end', () => log.info({ event: 'last' }));
    });`;
    const out = openSync(file, 'a');
    const [program, ...through] = withoutRunner;
    const child = spawn(program, [...through, process.execPath, '--input-type=module', '--eval', script], {
      stdio: ['pipe', 'pipe', out],
    });
    closeSync(out);
    t.teardown(() => child.kill('SIGKILL'));
    limit(child.pid, '5000');
    child.stdin?.write('go\n');
    if (child.stdout === null) throw new Error('no standard output');
    await once(child.stdout, 'data');
    t.equal(statSync(file).size, 5000);
    limit(child.pid, 'unlimited');
    child.stdin?.write('go\n');
    child.stdin?.end();
    t.strictSame(await once(child, 'exit'), [0, null]);
    const events = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; count?: number });
    const kept = events.filter(({ event }) => event === 'full').length;
    t.ok(kept > 1000, `${kept} events waited`);
    const lost = events
      .filter(({ event }) => event === 'log.lost')
      .reduce((sum, { count = 0 }) => sum + count, 0);
    t.equal(
      kept + lost + events.filter(({ event }) => event === 'room').length,
      5001,
      'all others are counted',
    );
    t.equal(events.at(-1)?.event, 'last');
  },
);
