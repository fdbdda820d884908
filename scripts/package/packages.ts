// What is in each package.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleOf } from '@servo-auditor/proto/options.ts';
import { releaseVersion } from '@servo-auditor/proto/version.ts';
import { program as agentProgram } from '../../agent/src/cli/program.ts';
import { configTable } from '../../agent/src/config.ts';
import { programOf as servoctlProgram } from '../../coordinator/src/cli/run.ts';
import { processIo } from '../../coordinator/src/cli/io.ts';
import { coordinatorTable } from '../../coordinator/src/config.ts';
import { programOf as coordinatorProgram } from '../../coordinator/src/program.ts';
import { bundle, licencesOf } from './bundle.ts';
import { describe, type Described } from './commands.ts';
import { bashCompletion, zshCompletion } from './completion.ts';
import { writeDeb, type Arch, type Deb } from './deb.ts';
import { configManOf, manOf, type Page } from './man.ts';
import { nodeFor, npmArch } from './node.ts';
import { folder, gzipped, type Entry } from './tree.ts';

const root = join(import.meta.dirname, '../..');
const given = join(import.meta.dirname, 'files');

export interface Build {
  readonly arch: Arch;
  /** Folder for the packages. */
  readonly out: string;
  /** Of the sources; the repository's own unless given. */
  readonly version?: string;
}

/** Builds both packages. Returns their paths: agent, coordinator. */
export async function buildPackages({
  arch,
  out,
  version = releaseVersion,
}: Build): Promise<readonly string[]> {
  const work = mkdtempSync(join(tmpdir(), 'servo-package-'));
  try {
    const common = { arch, version, date: commitSeconds() };
    return [writeDeb(await agentDeb(common, work), out), writeDeb(await coordinatorDeb(common, work), out)];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

type Common = Pick<Deb, 'arch' | 'version' | 'date'>;

/** The moment of the sources: that of the last commit, or what SOURCE_DATE_EPOCH says. */
function commitSeconds(): number {
  const said = process.env['SOURCE_DATE_EPOCH'];
  return Number(
    said ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim(),
  );
}

async function agentDeb(common: Common, work: string): Promise<Deb> {
  const name = 'servo-agent';
  const main = join(work, `${name}.mjs`);
  const bundled = await bundle('agent/src/main.ts', main, common.version);
  const program = describe(agentProgram({ stdout: process.stdout, stderr: process.stderr }));
  const files = join(given, name);
  return {
    ...common,
    name,
    summary: 'host agent of Servo Auditor',
    description: [
      'Reports the servos of this host to a coordinator, judges its orders by itself, and stops servos that no project owns any more into quarantine, from where one command brings them back.',
      'Brings its own Node. Nothing is started before it is configured.',
    ],
    depends: ['systemd (>= 252)', 'libc6 (>= 2.28)', 'libstdc++6'],
    conffiles: ['/etc/servo-agent/agent.yaml'],
    scripts: scriptsOf(files),
    files: [
      ...programFiles(name, main, licencesOf(bundled), common),
      ...commandFiles(name, join(files, 'run.sh'), program, 8, common, {
        'EXIT STATUS': ['0 done; 1 failed or refused; 2 wrong usage or configuration.'],
        SIGNALS: [
          'SIGTERM, SIGINT: finish what was begun, and end. No servo is stopped by that.',
          'SIGHUP: read the configuration and the files that it names again. If anything is wrong, all stays as it was.',
        ],
        FILES: [
          '/etc/servo-agent/agent.yaml: configuration.',
          '/usr/lib/servo-agent/runtimes: what the service may do, by runtime; one of them belongs into /etc/systemd/system/servo-agent.service.d/runtime.conf.',
          '/var/lib/servo-agent: journal, and hold files.',
        ],
      }),
      ...configFiles(name, 'agent.yaml', configTable, common),
      ...folder(`/usr/lib/${name}/runtimes`, join(files, 'runtimes'), (file) => file.endsWith('.conf')),
    ],
  };
}

async function coordinatorDeb(common: Common, work: string): Promise<Deb> {
  const name = 'servo-coordinator';
  const main = join(work, `${name}.mjs`);
  const servoctl = join(work, 'servoctl.mjs');
  const bundled = [
    ...(await bundle('coordinator/src/main.ts', main, common.version)),
    ...(await bundle('coordinator/src/cli/main.ts', servoctl, common.version)),
  ];
  const files = join(given, name);
  return {
    ...common,
    name,
    summary: 'coordinator of Servo Auditor, with servoctl',
    description: [
      'Compares what agents report with what the sources of a platform say is in use, decides which servos nobody owns any more, and orders them stopped: on positive, repeated, fresh evidence only.',
      'servoctl asks and tells it. Brings its own Node. Nothing is started before it is configured.',
    ],
    depends: ['systemd (>= 252)', 'libc6 (>= 2.28)', 'libstdc++6'],
    conffiles: ['/etc/servo-coordinator/coordinator.yaml'],
    scripts: scriptsOf(files),
    files: [
      ...programFiles(name, main, licencesOf(bundled), common),
      { path: `/usr/lib/${name}/lib/servoctl.mjs`, from: servoctl },
      ...commandFiles(name, join(files, 'run.sh'), describe(coordinatorProgram()), 8, common, {
        'EXIT STATUS': ['0 stopped as told; 1 failed; 2 wrong usage or configuration.'],
        SIGNALS: [
          'SIGTERM, SIGINT: end.',
          'SIGHUP: read the configuration and the certificates again. If anything is wrong, all stays as it was; what needs a restart is logged.',
        ],
        FILES: [
          '/etc/servo-coordinator/coordinator.yaml: configuration.',
          '/var/lib/servo-coordinator: state, to be backed up.',
        ],
      }),
      ...commandFiles('servoctl', join(files, 'servoctl.sh'), servoctlCommands(), 1, common, {
        'EXIT STATUS': [
          '0 done, nothing is wrong; 1 refused, failed, or does not verify; 2 wrong usage; 3 no coordinator answers.',
        ],
        ENVIRONMENT: ['SERVOCTL_CONFIG: the file with address and certificates.', 'NO_COLOR: no colours.'],
      }),
      ...configFiles(name, 'coordinator.yaml', coordinatorTable, common),
      ...['grpc-health-check', '@grpc/reflection'].flatMap((module) =>
        folder(
          `/usr/lib/${name}/node_modules/${module}`,
          join(root, 'node_modules', module),
          (file) => file.endsWith('.proto') && !file.includes('/sample/'),
        ),
      ),
      { path: `/usr/lib/sysusers.d/${name}.conf`, from: join(files, 'sysusers.conf') },
    ],
  };
}

function servoctlCommands(): Described {
  return describe(servoctlProgram(processIo(new AbortController().signal)));
}

function scriptsOf(files: string): Readonly<Record<string, string>> {
  return Object.fromEntries(['postinst', 'prerm', 'postrm'].map((script) => [script, join(files, script)]));
}

/** Node, bundle, protocol, native code, unit, licences. */
function programFiles(
  name: string,
  main: string,
  licences: string,
  { arch, version, date }: Common,
): readonly Entry[] {
  const lib = `/usr/lib/${name}`;
  const doc = `/usr/share/doc/${name}`;
  const node = nodeFor(arch);
  const sqlite = join(root, 'node_modules/better-sqlite3');
  const files = join(given, name);
  return [
    { path: `${lib}/bin/node`, from: join(node, 'bin/node'), mode: 0o755 },
    { path: `${lib}/lib/${name}.mjs`, from: main },
    ...folder(`${lib}/servo`, join(root, 'proto/servo'), (file) => file.endsWith('.proto')),
    ...folder(`${lib}/node_modules/better-sqlite3`, sqlite, (file) => isSqliteFile(file, arch)),
    { path: `${lib}/backoff`, from: join(files, 'backoff'), mode: 0o755 },
    { path: `/lib/systemd/system/${name}.service`, from: join(files, `${name}.service`) },
    { path: `${doc}/copyright`, from: join(given, 'copyright') },
    gzipped(`${doc}/LICENSE.node`, readFileSync(join(node, 'LICENSE'), 'utf8')),
    { path: `${doc}/LICENSE.better-sqlite3`, from: join(sqlite, 'LICENSE') },
    gzipped(`${doc}/LICENSES`, licences),
    { path: `/usr/share/lintian/overrides/${name}`, from: join(files, 'overrides') },
    gzipped(`${doc}/changelog`, changelog(name, version, date)),
  ];
}

/** What the driver needs when it runs: no sources, and no machine's binary but this one's. */
function isSqliteFile(file: string, arch: Arch): boolean {
  if (file === 'package.json') return true;
  if (file.startsWith('lib/'))
    return /^lib\/(index|binding|database|sqlite-error|util|methods\/.*)\.js$/.test(file);
  return file === `prebuilds/linux-${npmArch[arch]}.node`;
}

/** A command: the file that starts it, manual page and completion. */
function commandFiles(
  name: string,
  start: string,
  program: Described,
  section: number,
  { version, date }: Common,
  sections: Readonly<Record<string, readonly string[]>>,
): readonly Entry[] {
  const others = [
    'servoctl(1)',
    'servo-agent(8)',
    'servo-agent.yaml(5)',
    'servo-coordinator(8)',
    'servo-coordinator.yaml(5)',
  ];
  const page: Page = {
    name,
    section,
    purpose: program.help.replace(/\.$/, '').split(':')[0] ?? name,
    seeAlso: others.filter((other) => other !== `${name}(${section})`),
    version,
    date,
  };
  return [
    { path: `/usr/bin/${name}`, from: start, mode: 0o755 },
    gzipped(`/usr/share/man/man${section}/${name}.${section}`, manOf(page, program, sections)),
    { path: `/usr/share/bash-completion/completions/${name}`, text: bashCompletion(program) },
    { path: `/usr/share/zsh/vendor-completions/_${name}`, text: zshCompletion(program) },
  ];
}

function configFiles(
  name: string,
  file: string,
  table: Parameters<typeof configManOf>[2],
  { version, date }: Common,
): readonly Entry[] {
  const page: Page = {
    name: `${name}.yaml`,
    section: 5,
    purpose: `configuration of ${name}`,
    seeAlso: [`${name}(8)`],
    version,
    date,
  };
  return [
    { path: `/etc/${name}/${file}`, from: join(given, name, file) },
    { path: `/usr/share/doc/${name}/examples/${file}`, text: sampleOf(table) },
    gzipped(`/usr/share/man/man5/${name}.yaml.5`, configManOf(page, `/etc/${name}/${file}`, table)),
  ];
}

function changelog(name: string, version: string, date: number): string {
  const day = new Date(date * 1000).toUTCString().replace('GMT', '+0000');
  return `${name} (${version}) unstable; urgency=medium

  * Built from the sources of this release.

 -- Servo Auditor <servo-auditor@example.invalid>  ${day}
`;
}
