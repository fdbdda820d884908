// What the toolchain promises: installs that are the same everywhere, and a linter that keeps the pure places pure.
// The linter is tried on throwaway files in a folder of its own, so that a rule that stops biting fails here.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..');
const workspaces = ['proto', 'agent', 'coordinator'] as const;
const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

type Manifest = Partial<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>
>;
type Locked = Manifest & { version?: string; resolved?: string; link?: boolean };

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));

function wanted(manifest: Manifest): [name: string, version: string][] {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
}

t.test('every dependency is named by one exact version, and the lockfile holds that version', (t) => {
  const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
  for (const folder of ['', ...workspaces]) {
    for (const [name, version] of wanted(read(join(folder, 'package.json')) as Manifest)) {
      t.match(version, exact, `${folder || 'root'}: ${name} ${version} is exact`);
      const entry = packages[join(folder, 'node_modules', name)] ?? packages[`node_modules/${name}`];
      const locked = entry?.link === true ? packages[entry.resolved ?? ''] : entry;
      t.equal(locked?.version, version, `${folder || 'root'}: ${name} is locked at ${version}`);
    }
  }
  t.end();
});

t.test('the lockfile names no download address', (t) => {
  const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
  const addresses = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
  t.same(addresses.sort(), [...workspaces].sort(), 'only the workspaces say where they are');
  t.notMatch(readFileSync(join(root, 'package-lock.json'), 'utf8'), /https?:\/\/[^"]*\.tgz/);
  t.end();
});

/** Folder of each pure place, at each depth in use, and how to reach the folder above the place. */
const pureFolders = [
  { folder: 'coordinator/src/decide', up: '../', domain: true },
  { folder: 'coordinator/src/decide/gates', up: '../../', domain: true },
  { folder: 'coordinator/src/decide/gates/evidence', up: '../../../', domain: true },
  { folder: 'coordinator/src/check', up: '../', domain: true },
  { folder: 'coordinator/src/domain', up: '../', domain: false },
  { folder: 'agent/src/judge', up: '../', domain: false },
  // Depths that nobody uses yet: they must be closed until an override names them.
  { folder: 'coordinator/src/decide/other', up: '../../', domain: false },
  { folder: 'coordinator/src/decide/gates/a/b', up: '../../../../', domain: false },
  { folder: 'coordinator/src/check/other', up: '../../', domain: false },
  { folder: 'coordinator/src/domain/other', up: '../../', domain: false },
  { folder: 'agent/src/judge/other', up: '../../', domain: false },
] as const;

const load = (from: string) => `import * as m from '${from}';\nexport const x = m;\n`;

function impure(folder: string, up: string): Record<string, string> {
  return {
    'node builtin': load('node:fs'),
    'node builtin without prefix': load('fs'),
    're-export': "export * from 'node:fs';\n",
    'dynamic import': "export const x = import('node:fs');\n",
    'better-sqlite3': load('better-sqlite3'),
    pino: load('pino'),
    grpc: load('@grpc/grpc-js'),
    'scope that begins like ours': load('@sentry/node'),
    'the rest of proto': load('@servo-auditor/proto/log.ts'),
    neighbour: load(`${up}config.ts`),
    'neighbour that begins like domain': load(`${up}doors/x.ts`),
    'neighbour by a detour': load(`./${up}config.ts`),
    'Date.now': 'export const x = Date.now();\n',
    'Math.random': 'export const x = Math.random();\n',
    performance: 'export const x = performance.now();\n',
    process: 'export const x = process.pid;\n',
    setTimeout: 'setTimeout(() => {}, 1);\nexport {};\n',
    console: 'console.log(1);\nexport {};\n',
    ...(/\/(check|domain)/.test(folder) ? { 'the decision': load(`${up}decide/plan.ts`) } : {}),
  };
}

function pure(up: string, domain: boolean): Record<string, string> {
  return {
    itself: load('./other.ts'),
    'the ids of proto': load('@servo-auditor/proto/ids.ts'),
    ...(domain ? { domain: load(`${up}domain/servo.ts`) } : {}),
  };
}

/** The files in which the linter found a restricted import, global or property. */
function refused(files: ReadonlyMap<string, string>, home: string): Set<string> {
  const config = read('.oxlintrc.json') as { options: object };
  // Purity needs no types, and there is no tsconfig where the probes are.
  writeFileSync(
    join(home, '.oxlintrc.json'),
    JSON.stringify({ ...config, options: { ...config.options, typeAware: false } }),
  );
  for (const [path, text] of files) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  // Not bin/oxlint: under tap every child loads hooks, which do not take a module without an extension.
  const oxlint = join(root, 'node_modules/oxlint/dist/cli.js');
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format=json'], {
    cwd: home,
    encoding: 'utf8',
  });
  if (!stdout.startsWith('{')) throw new Error(`oxlint gave no report: ${stdout}${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  return new Set(diagnostics.filter((d) => d.code.includes('no-restricted-')).map((d) => d.filename));
}

t.test('the linter keeps the pure places pure, at every depth', (t) => {
  const cases: { path: string; name: string; allowed: boolean }[] = [];
  const files = new Map<string, string>();
  for (const { folder, up, domain } of pureFolders) {
    const add = (allowed: boolean, texts: Record<string, string>) => {
      for (const [name, text] of Object.entries(texts)) {
        const path = `${folder}/probe${files.size}.ts`;
        files.set(path, text);
        cases.push({ path, name: `${folder}: ${name}`, allowed });
      }
    };
    add(false, impure(folder, up));
    add(true, pure(up, domain));
  }
  // Not t.testdir(): the linter skips what .gitignore names, and .tap is in it.
  const home = mkdtempSync(join(tmpdir(), 'servo-auditor-lint-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const found = refused(files, home);
  for (const { path, name, allowed } of cases)
    t.equal(found.has(path), !allowed, `${name} is ${allowed ? 'allowed' : 'refused'}`);
  t.end();
});

t.test('in the pure places with a tsconfig of their own, Node has no globals', (t) => {
  for (const folder of ['coordinator/src/decide', 'coordinator/src/check', 'agent/src/judge']) {
    const path = join(folder, 'tsconfig.json');
    t.ok(existsSync(join(root, path)), `${path} exists`);
    t.match(read(path), { compilerOptions: { types: [] } });
  }
  t.end();
});
