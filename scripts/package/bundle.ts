// One program and everything that it imports, as one file of JavaScript. Native code is not in it: what is external is shipped
// beside the bundle, where Node finds it.
import { build, type Plugin } from 'esbuild';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');

// Modules of the old kind ask for Node's own by `require`, which a file of the new kind has to make for itself, and for files
// beside them by `__dirname`: those that are needed are shipped below the folder above the bundle, where they were before.
const banner = `import { createRequire as servoRequire } from 'node:module';
const require = servoRequire(import.meta.url);
const servoBeside = (folder) => \`\${import.meta.dirname}/../\${folder}\`;`;

/**
 * @param entry source file, from the root of the repository.
 * @param outfile absolute path, ends in `.mjs`.
 * @param version the release that the program is of.
 * @returns the folders of the packages that are in it.
 */
export async function bundle(entry: string, outfile: string, version: string): Promise<readonly string[]> {
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: ['better-sqlite3'],
    define: { servoPackaged: 'true' },
    plugins: [release(version), beside],
    banner: { js: banner },
    // Names stay as they are, so that a stack trace can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    // Node prints the line in which something broke.
    lineLimit: 160,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const folders = Object.keys(metafile.inputs).flatMap((file) => {
    const [folder] = /^.*node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? [];
    return folder === undefined ? [] : [folder];
  });
  return [...new Set(folders)];
}

/** What the authors of bundled packages want to be said. Throws for a package that says nothing at all. */
export function licencesOf(folders: readonly string[]): string {
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const at = join(root, folder);
      const manifest = join(at, 'package.json');
      const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, string>;
      const file = readdirSync(at).find((each) => /^licen[cs]e/i.test(each));
      if (file === undefined && license === undefined) throw new Error(`${folder}: says no licence`);
      const text =
        file === undefined || !existsSync(join(at, file)) ? '' : readFileSync(join(at, file), 'utf8');
      return `${name} ${version} (${license ?? 'see below'})\n\n${text.trim()}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}

const beside: Plugin = {
  name: 'beside',
  setup(given) {
    given.onLoad({ filter: /[/\\]node_modules[/\\].*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('__dirname')) return undefined;
      const folder = JSON.stringify(relative(root, dirname(path)));
      return { contents: text.replaceAll('__dirname', `servoBeside(${folder})`), loader: 'js' };
    });
  },
};

/** Of the repository's package.json a program needs the release, and nothing else. */
function release(version: string): Plugin {
  return {
    name: 'release',
    setup(given) {
      given.onLoad({ filter: /[/\\]package\.json$/ }, ({ path }) =>
        path === join(root, 'package.json')
          ? { contents: JSON.stringify({ version }), loader: 'json' }
          : undefined,
      );
    },
  };
}
