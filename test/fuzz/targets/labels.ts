// Labels, or variables of the environment, as a store: what a runtime object says of itself, and what its reader makes of it.
import { openLabels } from '../../../agent/src/scan/store/labels.ts';
import { labelsOf, variableOf } from '../../../agent/src/scan/runtime/process-identity.ts';
import type { RuntimeObject } from '../../../agent/src/scan/runtime/port.ts';
import { parseId } from '../../../proto/src/ids.ts';
import { mutateText } from '../mutate/text.ts';
import { must, type Target } from '../target.ts';

/** Entries of an environment, as the kernel keeps them. */
type Environ = readonly string[];

const plain = ['uid', 'SERVO_UID', '__proto__', 'constructor', 'A'] as const;
const stores = plain.map((uid) => ({
  uid,
  project: 'PROJECT',
  store: openLabels({ fields: { uid, project: 'PROJECT' } }),
}));

export const labels: Target = {
  name: 'labels',
  about: 'labels of runtime objects as a store',
  open: () => ({
    make(random): readonly Environ[] {
      return Array.from({ length: 1 + random.below(4) }, () =>
        [
          `${random.pick(plain)}=u-${random.below(9)}`,
          'PROJECT=p-1',
          'PATH=/usr/bin',
          `${random.pick(plain)}=u-1`,
        ].flatMap((entry) => {
          if (random.once(5)) return [];
          return random.once(3) ? [mutateText(random, entry)] : [entry];
        }),
      );
    },
    async run(input) {
      const environs = (input as readonly unknown[]).map((e) =>
        Array.isArray(e) ? e.filter((v) => typeof v === 'string') : [],
      );
      const objects = environs.map(objectOf);
      for (const { uid, project, store } of stores) {
        const { records, problems } = await store.read(objects, new AbortController().signal);
        must(
          records.length + problems.length === objects.length,
          'an object is neither a record nor a problem',
          environs,
          records,
          problems,
        );
        for (const record of records) {
          const environ = environs[objects.findIndex((o) => o.runtimeId === record.of)] ?? [];
          must(
            record.uid === variableOf(environ, uid),
            'the uid is not what the first such variable says',
            environ,
            record,
          );
          must(
            record.project === variableOf(environ, project),
            'the project is not what the variable says',
            environ,
            record,
          );
        }
      }
    },
  }),
};

function objectOf(environ: Environ, i: number): RuntimeObject {
  return {
    runtimeId: parseId('runtime id', `${i + 1}:1`),
    incarnation: parseId('incarnation', `b:${i + 1}:1`),
    uid: parseId('servo uid', 'other'),
    labels: labelsOf(environ),
    usage: undefined,
    argv: undefined,
    cwd: undefined,
    pid: i + 1,
    entangledWith: [],
    path: `/proc/${i + 1}`,
  } as unknown as RuntimeObject;
}
