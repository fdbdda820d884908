import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { releaseVersion } from '../../proto/src/version.ts';

const root = join(import.meta.dirname, '../..');

t.test('the release is written in one place, the package.json of the repository', (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  t.equal(releaseVersion, version);
  for (const folder of ['proto', 'agent', 'coordinator']) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    t.equal(manifest.version, '0.0.0', `${folder} is released as a part of the whole only`);
    const sources = readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' });
    for (const file of sources.filter((name) => name.endsWith('.ts')))
      t.notOk(
        readFileSync(join(root, folder, 'src', file), 'utf8').includes(`'${version}'`),
        `${folder}/src/${file} spells no release`,
      );
  }
  t.end();
});
