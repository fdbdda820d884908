// What is made of the commands names each of them, with its flags; and the shells take it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { programOf } from '../../../coordinator/src/cli/run.ts';
import { coordinatorTable } from '../../../coordinator/src/config.ts';
import { describe, flatten } from '../../../scripts/package/commands.ts';
import { bashCompletion, zshCompletion } from '../../../scripts/package/completion.ts';
import { configManOf, manOf } from '../../../scripts/package/man.ts';

const nowhere = { out: () => undefined, err: () => undefined, env: {}, colours: false };
const program = describe(programOf({ ...nowhere, signal: new AbortController().signal }));
const page = {
  name: 'servoctl',
  section: 1,
  purpose: 'ask',
  seeAlso: ['servo-agent(8)'],
  version: '1',
  date: 0,
};

/** What bash offers behind these words. */
function offered(completion: string, ...words: readonly string[]): readonly string[] {
  const typed = ['servoctl', ...words].map((word) => `'${word}'`).join(' ');
  const script = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; compopt() { :; }; _servoctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', `${completion}\n${script}`], { encoding: 'utf8' });
  t.equal(stderr, '');
  return stdout.trim().split('\n');
}

t.test('bash completes the commands and flags that there are', (t) => {
  const completion = bashCompletion(program);
  for (const each of flatten(program).filter(({ below }) => below.length > 0))
    for (const { path } of each.below)
      t.ok(offered(completion, ...path.slice(1)).includes(path.at(-1) ?? ''), path.join(' '));
  t.strictSame(offered(completion, 'stat'), ['status']);
  t.strictSame(offered(completion, 'pki', 'coord'), ['coordinator']);
  t.ok(offered(completion, 'pki', 'host', 'h1', '--c').includes('--cell'));
  t.notOk(offered(completion, 'pki', 'host', 'h1', '--').includes('--role'));
  t.strictSame(
    offered(completion, '--config', 'file', 'pki', 'hos'),
    ['host'],
    'a flag and its value are no command',
  );
  t.strictSame(offered(completion, 'pki', 'host', '--dir', 'x'), [''], 'a value is left to the shell');
  t.end();
});

t.test('zsh takes its completion', (t) => {
  const file = join(t.testdir({}), '_servoctl');
  writeFileSync(file, zshCompletion(program));
  const { error, status, stderr } = spawnSync('zsh', ['-n', file], { encoding: 'utf8' });
  if (error !== undefined) t.comment('zsh is not here: only the text is looked at');
  else t.strictSame([status, stderr], [0, '']);
  const text = zshCompletion(program);
  for (const { path, help } of flatten(program).slice(1)) t.ok(text.includes(path.at(-1) ?? ''), help);
  t.end();
});

t.test('manual pages name every command and option, and groff has nothing to complain of', (t) => {
  const man = manOf(page, program, { 'EXIT STATUS': ['0 done.'] });
  for (const { path, below } of flatten(program))
    if (below.length === 0 && path.length > 1)
      t.match(man, `.SS ${path.slice(1).join(' ').replace(/-/g, '\\-')}`);
  const config = configManOf({ ...page, section: 5 }, '/etc/x.yaml', coordinatorTable);
  for (const key of Object.keys(coordinatorTable)) t.match(config, `.B ${key}`);
  for (const text of [man, config]) {
    const { error, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], {
      input: text,
      encoding: 'utf8',
    });
    if (error === undefined) t.equal(stderr, '');
  }
  t.end();
});
