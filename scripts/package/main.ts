// npm run package: the Debian packages of both programs.
import { mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPackages } from './packages.ts';

const usage = `usage: npm run package -- [--arch amd64|arm64] [--out <folder>]
Builds servo-agent and servo-coordinator as .deb, for amd64 into dist/ unless told otherwise.
Needs dpkg-deb; for arm64 on another machine also npm, which fetches that machine's Node.`;

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'amd64' },
    out: { type: 'string', default: 'dist' },
    help: { type: 'boolean', default: false },
  },
});
const { arch, out, help } = values;
if (help || (arch !== 'amd64' && arch !== 'arm64')) {
  console.error(usage);
  process.exitCode = help ? 0 : 2;
} else {
  const folder = resolve(out);
  mkdirSync(folder, { recursive: true });
  for (const file of await buildPackages({ arch, out: folder }))
    console.log(`${file}  ${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB`);
}
