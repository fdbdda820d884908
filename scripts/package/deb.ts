// A Debian package from a list of files: control data, checksums, and dpkg-deb, which sorts and owns what is in it. The same files
// and the same moment make the same bytes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sizeKib, writeTree, type Entry } from './tree.ts';

export type Arch = 'amd64' | 'arm64';

export interface Deb {
  readonly name: string;
  readonly version: string;
  readonly arch: Arch;
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly depends: readonly string[];
  /** Files in /etc, which dpkg leaves to whoever edited them. */
  readonly conffiles: readonly string[];
  /** Maintainer scripts by their name: files. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly files: readonly Entry[];
  /** Seconds since 1970. */
  readonly date: number;
}

/** Writes `<out>/<name>_<version>_<arch>.deb` and returns its path. */
export function writeDeb(deb: Deb, out: string): string {
  const root = mkdtempSync(join(tmpdir(), `${deb.name}-`));
  try {
    writeTree(root, deb.files, deb.date);
    writeTree(root, controlOf(deb, sizeKib(root), sumsOf(root, deb.files)), deb.date);
    const file = join(out, `${deb.name}_${deb.version}_${deb.arch}.deb`);
    const options = ['--root-owner-group', '-Zgzip', '-z6', '--build', root, file];
    execFileSync('dpkg-deb', options, {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(deb.date) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return file;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function controlOf(deb: Deb, kib: number, sums: string): readonly Entry[] {
  const control = [
    `Package: ${deb.name}`,
    `Version: ${deb.version}`,
    `Architecture: ${deb.arch}`,
    'Maintainer: Servo Auditor <servo-auditor@example.invalid>',
    `Installed-Size: ${kib}`,
    `Depends: ${deb.depends.join(', ')}`,
    'Section: admin',
    'Priority: optional',
    `Description: ${deb.summary}`,
    ...deb.description.map((paragraph, i) => `${i === 0 ? '' : ' .\n'}${folded(paragraph)}`),
    '',
  ].join('\n');
  return [
    { path: '/DEBIAN/control', text: control },
    { path: '/DEBIAN/md5sums', text: sums },
    { path: '/DEBIAN/conffiles', text: deb.conffiles.map((file) => `${file}\n`).join('') },
    ...Object.entries(deb.scripts).map(([name, from]) => ({ path: `/DEBIAN/${name}`, from, mode: 0o755 })),
  ];
}

function sumsOf(root: string, files: readonly Entry[]): string {
  return files
    .filter((entry) => !('link' in entry))
    .map(({ path }) => {
      const sum = createHash('md5')
        .update(readFileSync(join(root, path)))
        .digest('hex');
      return `${sum}  ${path.slice(1)}\n`;
    })
    .sort((a, b) => (a.slice(34) < b.slice(34) ? -1 : 1))
    .join('');
}

/** Lines of at most 78 columns, each behind one blank. */
function folded(paragraph: string): string {
  const lines: string[] = [''];
  for (const word of paragraph.split(' '))
    if (`${lines.at(-1)} ${word}`.length > 78) lines.push(` ${word}`);
    else lines[lines.length - 1] += ` ${word}`;
  return lines.join('\n');
}
