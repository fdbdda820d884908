import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { inspect, start, stop } from '../../../../agent/src/scan/runtime/process-act.ts';
import { throughSystemd } from '../../../../agent/src/scan/runtime/process-start.ts';
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

t.test('inside a systemd service it becomes a scope of its own, by the same manager', async (t) => {
  const launch = { argv: ['node', 's.js'], cwd: '/srv', env: { A: '1' } };
  const system = throughSystemd(launch, { name: 'servo-agent.service', user: false });
  t.strictSame(system, {
    ...launch,
    argv: ['/usr/bin/systemd-run', '--scope', '--quiet', '--collect', '--', 'node', 's.js'],
  });
  const user = throughSystemd(launch, { name: 'servo-agent.service', user: true });
  t.ok(user.argv.indexOf('--user') > 0 && user.argv.indexOf('--user') < user.argv.indexOf('--'));
});
