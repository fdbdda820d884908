import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { inspect, start, stop } from '../../../../agent/src/scan/runtime/process-act.ts';
import { readOwnerSync } from '../../../../agent/src/scan/runtime/proc.ts';
import { unitArguments } from '../../../../agent/src/scan/runtime/process-unit.ts';
import { PATH, run, until } from '../support.ts';

t.test('what is started leads a session of its own, and the agent is not its parent', async (t) => {
  const facts = await run(t, ['sleep', '1000'], {});
  t.equal(facts.pgid, facts.pid);
  t.equal(facts.session, facts.pid);
  const adopted = await until('its new parent', async () => {
    const now = await inspect(facts.pid);
    return now !== undefined && now.ppid !== process.pid ? now : undefined;
  });
  t.not(adopted.ppid, process.pid);
});

t.test('it gets exactly the command, folder and environment that it had', async (t) => {
  const dir = t.testdir();
  const cwd = join(dir, 'a folder');
  mkdirSync(cwd);
  const env = { PATH, EMPTY: '', 'odd.name': 'x=y\nz', UNICODE: 'ü' };
  const script = `require('fs').writeFileSync('out', JSON.stringify([process.env, process.argv.slice(1), process.cwd()])); setTimeout(() => {}, 1e8)`;
  const started = await start({ argv: [process.execPath, '-e', script, 'a b', ''], cwd, env });
  t.match(started, { kind: 'started', way: 'setsid' });
  if (started.kind !== 'started') return;
  const facts = await inspect(started.pid);
  t.teardown(() => facts && stop(facts, 0));
  const text = await until('its word', () => {
    try {
      return readFileSync(join(cwd, 'out'), 'utf8') || undefined;
    } catch {
      return undefined;
    }
  });
  t.strictSame(JSON.parse(text), [env, ['a b', ''], cwd]);
});

t.test('what cannot be started says why, and where', async (t) => {
  const env = { PATH };
  t.match(await start({ argv: ['no-such-program'], cwd: '/', env }), {
    kind: 'failed',
    code: 'spawn',
    message: /no-such-program in \/.*ENOENT/,
  });
  t.match(await start({ argv: ['sleep', '1'], cwd: '/no/such/folder', env }), {
    kind: 'failed',
    code: 'spawn',
    message: /\/no\/such\/folder/,
  });
  t.match(await start({ argv: [], cwd: '/', env }), { kind: 'failed', code: 'no-program' });
});

t.test('it runs as whom it ran as before', async (t) => {
  if (process.getuid?.() !== 0) return void t.pass('only root can become another user', { skip: true });
  const cwd = '/';
  const as = { user: 65534, group: 65534, groups: [65533] };
  const started = await start({ argv: ['sleep', '1000'], cwd, env: { PATH }, as });
  t.match(started, { kind: 'started' });
  if (started.kind !== 'started') return;
  const facts = await inspect(started.pid);
  t.teardown(() => facts && stop(facts, 0));
  t.strictSame(readOwnerSync(started.pid), as);
});

t.test('inside a systemd service its manager begins it, as its user, with nothing of it to be read', (t) => {
  const as = { user: 1000, group: 1001, groups: [4, 5] };
  const launch = { argv: ['node', 's.js'], cwd: '/srv', env: { SECRET: 'x' }, as };
  const words = unitArguments(launch, { name: 'servo-agent.service', user: false });
  for (const word of ['--property=User=1000', '--property=Group=1001', '--property=SupplementaryGroups=4 5'])
    t.ok(words.includes(word), word);
  t.notOk(
    words.some((word) => /SECRET|s\.js|\/srv/.test(word)),
    'the launch itself goes by a pipe',
  );
  const own = unitArguments(launch, { name: 'servo-agent.service', user: true });
  t.equal(own[0], '--user');
  t.notOk(
    own.some((word) => word.startsWith('--property=User')),
    'a user’s own manager knows only that user',
  );
  t.end();
});
