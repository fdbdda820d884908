import t from 'tap';
import { main, program } from '../../../agent/src/cli/program.ts';

async function run(...args: readonly string[]) {
  let out = '';
  let err = '';
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

t.test('help teaches, and is no error', async (t) => {
  for (const command of ['', ...program(process).commands.map((c) => c.name())]) {
    const help = await run(...(command === '' ? [] : [command]), '--help');
    t.match(help, { code: 0, err: '' }, command);
    if (command !== 'sample-config')
      t.match(help.out, /Exit codes: 0 done; 1 failed or refused; 2 wrong/, command);
  }
  t.match(await run('--version'), { code: 0, out: '0.1.0\n' });
});

t.test('wrong usage is 2, and never silent', async (t) => {
  for (const args of [['nonsense'], ['restore'], ['hold'], ['run', '--nonsense'], []])
    t.match(await run(...args), { code: 2, err: /.+/ }, args.join(' '));
  t.match(await run('run', '--config', '/nowhere.yaml'), { code: 2, err: /\/nowhere\.yaml:1:1 .*ENOENT/ });
  t.match(await run('restore', 'a b', '--config', '/nowhere.yaml'), { code: 2, err: /"a b" is no servo/ });
});

t.test('a sample to start from', async (t) => {
  t.match(await run('sample-config'), { code: 0, out: /^# Installation/ });
});

t.test('holds need no agent', async (t) => {
  const directory = t.testdir({ 'a.yaml': '' });
  const { out } = await run('sample-config');
  const { writeFileSync } = await import('node:fs');
  const config = `${directory}/a.yaml`;
  writeFileSync(config, out.replace('state: /var/lib/servo-agent', `state: ${directory}`));
  t.match(await run('hold', 's-1', '--reason', 'wait', '-c', config), {
    code: 0,
    out: /holds\/s-1\. To lift/,
  });
  t.match(await run('status', '-c', config), { code: 0, out: /hold files +s-1/ });
  t.match(await run('quarantine', '--json', '-c', config), { code: 0, out: '[]\n' });
  t.match(await run('unhold', 's-1', '-c', config), { code: 0 });
  t.match(await run('unhold', 's-1', '-c', config), { code: 1, err: /was not held/ });
  t.match(await run('hold', '../x', '-c', config), { code: 2, err: /want "all", or/ });
  t.match(await run('repair-journal', '-c', config), { code: 0, out: /not damaged/ });
});
