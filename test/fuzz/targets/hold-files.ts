// Hold files, on a real file system: whatever stands in the directory, a servo that a person protects counts as protected, and
// so does everything where that cannot be told. And a uid never reaches a file outside.
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Holds, holdScope } from '../../../agent/src/act/holds.ts';
import { isId } from '../../../proto/src/ids.ts';
import { folder } from '../support/folder.ts';
import { mutateText } from '../mutate/text.ts';
import { must, type Target } from '../target.ts';

interface Given {
  readonly uid: string;
  readonly other: string;
  readonly directory: 'there' | 'missing' | 'a file' | 'a link to itself' | 'a dangling link';
  readonly entry: 'none' | 'file' | 'folder' | 'dangling' | 'loop' | 'all';
}

const uids = [
  'u-1',
  'all',
  'a/b',
  'a/../b',
  'A@b+c=d',
  'a'.repeat(128),
  `a${'/'.repeat(127)}`,
  'sha256-x',
  'a.b:c',
] as const;
const directories: readonly Given['directory'][] = [
  'there',
  'there',
  'there',
  'missing',
  'a file',
  'a link to itself',
  'a dangling link',
];
const entries: readonly Given['entry'][] = ['none', 'file', 'folder', 'dangling', 'loop', 'all'];

export const holdFiles: Target = {
  name: 'hold-files',
  about: 'the agent’s hold files',
  open() {
    const home = folder('holds');
    const directory = join(home.path, 'holds');
    const holds = new Holds(directory);
    return {
      make(random): Given {
        const text = () => (random.once(2) ? random.pick(uids) : mutateText(random, random.pick(uids)));
        return {
          uid: text(),
          other: text(),
          directory: random.pick(directories),
          entry: random.pick(entries),
        };
      },
      run(input) {
        const { uid, other, directory: kind, entry } = input as Given;
        if (typeof uid !== 'string' || typeof other !== 'string') return;
        if (!directories.includes(kind) || !entries.includes(entry)) return;
        must(
          (holdScope(uid) !== undefined) === (uid === 'all' || isId('servo uid', uid)),
          'a scope that is none',
          uid,
        );
        if (!isId('servo uid', uid) || !isId('servo uid', other)) return;
        const file = holds.fileOf(uid);
        must(dirname(file) === directory, 'a hold file outside of its directory', uid, file);
        must(uid === other || holds.fileOf(other) !== file, 'two servos share a hold file', uid, other);
        rmSync(directory, { recursive: true, force: true });
        make(directory, kind);
        if (kind === 'there') makeEntry(entry === 'all' ? holds.fileOf('all') : file, entry);
        const found = holds.of(uid).kind;
        const isProtected = kind !== 'there' || entry !== 'none';
        must(
          (found === 'none') === !isProtected,
          isProtected ? 'what may be protected is not' : 'nothing protects it, and it is held',
          input,
          found,
        );
        if (kind !== 'there' || entry !== 'none') return;
        holds.put(other, 'why');
        must(holds.of(other).kind === 'held', 'what was just protected is not', other);
        must(
          (holds.of(uid).kind === 'held') === (uid === other || other === 'all'),
          'a hold on one servo holds another',
          uid,
          other,
        );
        must(
          holds.list().length === 1 && holds.lift(other) && holds.of(other).kind === 'none',
          'a hold cannot be lifted',
          other,
        );
      },
      close: () => home.remove(),
    };
  },
};

function make(directory: string, kind: Given['directory']): void {
  switch (kind) {
    case 'there':
      mkdirSync(directory);
      return;
    case 'missing':
      return;
    case 'a file':
      return writeFileSync(directory, '');
    case 'a link to itself':
      return symlinkSync(directory, directory);
    case 'a dangling link':
      return symlinkSync(`${directory}-nowhere`, directory);
  }
}

function makeEntry(file: string, kind: Given['entry']): void {
  switch (kind) {
    case 'none':
      return;
    case 'all':
    case 'file':
      writeFileSync(file, '');
      return chmodSync(file, 0);
    case 'folder':
      mkdirSync(file);
      return;
    case 'dangling':
      return symlinkSync(`${file}-nowhere`, file);
    case 'loop':
      return symlinkSync(file, file);
  }
}
