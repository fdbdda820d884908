// A manifest directory as a whole, on a real file system: folders, links, pipes, names and contents that should not be there.
//
// Nothing is passed over in silence: every entry is a record, or a problem that names it, or was told to be ignored; and what is
// readable and right is a record.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openManifestDirectory } from '../../../agent/src/scan/store/manifest-directory.ts';
import { maxProblems } from '../../../proto/src/limits.ts';
import { folder } from '../support/folder.ts';
import { mutateText } from '../mutate/text.ts';
import type { Random } from '../random.ts';
import { must, type Target } from '../target.ts';

const kinds = [
  'good',
  'good',
  'good',
  'good',
  'twice',
  'broken',
  'empty',
  'folder',
  'dangling',
  'loop',
  'link',
  'pipe',
  'ignored',
  'other',
] as const;

interface Entry {
  readonly folder: string;
  readonly name: string;
  readonly kind: (typeof kinds)[number];
}

export const manifestTrees: Target = {
  name: 'manifest-trees',
  about: 'names, folders and links of a manifest directory',
  open() {
    const home = folder('tree');
    const root = join(home.path, 'root');
    const good = join(home.path, 'good.json');
    const pipe = join(home.path, 'pipe');
    writeFileSync(good, '{"uid":"linked"}');
    execFileSync('mkfifo', [pipe]);
    const store = openManifestDirectory({ root, fields: { uid: 'uid' }, suffix: '.json', ignore: ['*.tmp'] });
    const signal = new AbortController().signal;
    return {
      make: (random): readonly Entry[] => Array.from({ length: random.below(4) }, () => anEntry(random)),
      async run(input) {
        rmSync(root, { recursive: true, force: true });
        mkdirSync(root);
        const made = (input as readonly Entry[]).filter((entry, i) => isEntry(entry) && make(entry, i));
        const { records, problems } = await store.read([], signal);
        must(
          problems.length < maxProblems &&
            problems.every((p) => p.message.length <= 500 && p.path.length <= 1024),
          'a problem beyond its bounds',
          problems,
        );
        const folders = new Set(made.map((entry) => entry.folder));
        for (const [i, entry] of made.entries()) {
          const path = join(root, entry.folder, entry.name);
          const isRecord = records.some((r) => r.path === path);
          const isProblem = problems.some(
            (p) => p.path === told(path) || p.path === told(join(root, entry.folder)),
          );
          const isIgnored = [entry.folder, entry.name].some((name) => /^.*\.tmp$/.test(name));
          must(
            isRecord || isProblem || isIgnored,
            'an entry was passed over in silence',
            entry,
            records,
            problems,
          );
          const isRight =
            ['good', 'link', 'twice'].includes(entry.kind) && entry.name.endsWith('.json') && !isIgnored;
          must(
            isRecord === isRight,
            isRight ? 'what is right was not read' : 'what is not right was read',
            entry,
            i,
            problems,
          );
        }
        must(folders.size > 0 || problems.length === 0, 'a problem with nothing', problems);
        const uids = records.map((r) => r.uid);
        const twice = uids.length - new Set(uids).size;
        must(
          problems.filter((p) => p.code === 'uid-twice').length === twice,
          'a uid that stands twice is no problem',
          records,
          problems,
        );
      },
      close: () => home.remove(),
    };

    /** Whether the file system took it: not every name is one, and not every name is free. */
    function make({ folder: own, name, kind }: Entry, n: number): boolean {
      try {
        const inside = join(root, own);
        const path = join(inside, name);
        mkdirSync(inside, { recursive: true });
        switch (kind) {
          case 'good':
            writeFileSync(path, `{"uid":"u-${n}"}`, { flag: 'wx' });
            return true;
          case 'twice':
            writeFileSync(path, '{"uid":"twice"}', { flag: 'wx' });
            return true;
          case 'broken':
            writeFileSync(path, '{"uid":', { flag: 'wx' });
            return true;
          case 'empty':
          case 'ignored':
          case 'other':
            writeFileSync(path, '', { flag: 'wx' });
            return true;
          case 'folder':
            mkdirSync(path);
            return true;
          case 'dangling':
            symlinkSync('nowhere', path);
            return true;
          case 'loop':
            symlinkSync(path, path);
            return true;
          case 'link':
            symlinkSync(good, path);
            return true;
          case 'pipe':
            linkSync(pipe, path);
            return true;
        }
      } catch {
        return false;
      }
    }
  },
};

function anEntry(random: Random): Entry {
  const kind = random.pick(kinds);
  const own = random.pick(['p-1', 'p-2', 'x.json']);
  const plain =
    kind === 'ignored' ? 'a.tmp' : kind === 'other' ? 'README' : `${random.pick(['a', 'b', 'c', 'd'])}.json`;
  return {
    kind,
    folder: random.once(6) ? mutateText(random, own) : own,
    name: random.once(3) ? mutateText(random, plain) : plain,
  };
}

/** One level each, inside of the root. */
function isEntry(entry: unknown): entry is Entry {
  const { folder: own, name, kind } = (entry ?? {}) as Partial<Entry>;
  const isName = (text: unknown) =>
    typeof text === 'string' &&
    text !== '' &&
    text !== '.' &&
    text !== '..' &&
    !/[/\0]/.test(text) &&
    Buffer.byteLength(text) < 200 &&
    text.isWellFormed();
  return isName(own) && isName(name) && kinds.includes(kind as Entry['kind']);
}

/** A path as a problem shows it. */
function told(path: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  return path.replace(/[\u0000-\u001f\u007f]/g, '?');
}
