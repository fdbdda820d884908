// The bytes of a manifest. What is read stands in the file under the mapped names, once, and as it stands there; whatever
// else is a problem with a code.
import { isDeepStrictEqual } from 'node:util';
import { isId } from '../../../proto/src/ids.ts';
import { parseManifest } from '../../../agent/src/scan/store/manifest-directory.ts';
import type { FieldMapping } from '../../../agent/src/scan/store/fields.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { mutateValue } from '../mutate/value.ts';
import { must, type Target } from '../target.ts';
import { goodRecord, mappings, placed, valueIn } from '../support/records.ts';

interface Manifest {
  readonly mapping: number;
  readonly bytes: Uint8Array;
}

const parts = ['uid', 'project', 'argv', 'cwd', 'env'] as const;

export const manifestFiles: Target = {
  name: 'manifest-files',
  about: 'the contents of a manifest directory',
  open() {
    const others = mappings.map((mapping) => Buffer.from(JSON.stringify(placed(mapping, goodRecord(0)))));
    return {
      make(random): Manifest {
        const at = random.below(mappings.length);
        const mapping = mappings[at] as FieldMapping;
        const names = Object.values(mapping).filter((name): name is string => name !== undefined);
        const good = placed(mapping, goodRecord(random.below(1000)));
        const value = random.once(3) ? good : mutateValue(random, good, { names: [...names, ...parts] });
        const text = Buffer.from(JSON.stringify(value) ?? '', 'utf8');
        if (random.once(6)) {
          // A name twice, in other spellings of the same name too.
          const name = random.pick(names).split('.').at(-1) ?? '';
          const spelled = random.once(2)
            ? name
            : `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
          return { mapping: at, bytes: Buffer.from(text.toString().replace('{', `{"${spelled}":"u-2",`)) };
        }
        return { mapping: at, bytes: random.once(2) ? text : mutateBytes(random, text, others) };
      },
      run(input) {
        const { mapping: at, bytes } = input as Manifest;
        const mapping = mappings[at];
        if (mapping === undefined || !(bytes instanceof Uint8Array)) return;
        check(mapping, bytes);
      },
    };
  },
};

function check(mapping: FieldMapping, bytes: Uint8Array): void {
  const read = parseManifest(bytes, mapping, '/x');
  if ('notJson' in read) {
    must(read.notJson.length < 300, 'a problem that nobody can read', read.notJson);
    return;
  }
  if (read.fault !== undefined) {
    must(
      /^(missing-field|wrong-type|bad-value)$/.test(read.fault.code) && read.fault.message !== '',
      'a fault without a reason',
      read.fault,
    );
    return;
  }
  // JSON.parse is another reader: it must have found the same, and the file must not say it twice.
  const value: unknown = JSON.parse(
    Buffer.from(bytes)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
  );
  for (const part of parts) {
    const name = mapping[part];
    const found = name === undefined ? undefined : valueIn(value, name);
    must(
      isDeepStrictEqual(read.record[part], found),
      `${part} is not what the file says`,
      read.record,
      value,
    );
    must(name === undefined || found !== undefined, `${part} was filled in`, read.record, value);
  }
  must(isId('servo uid', read.record.uid), 'a record without a uid', read.record);
}
