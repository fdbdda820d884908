// The store that is no store: what the runtime itself keeps with each object (labels, or the environment of a process).
// Record and object are one thing here, so this is the one store that can find two uids for one object: its own, read from a
// label, and the runtime's identity, which the configuration makes come from somewhere else.
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { problem } from '../problem.ts';
import type { RuntimeObject } from '../runtime/port.ts';
import { madeOf, variants } from './corpus.ts';
import { readRecord, type Read } from './fields.ts';
import type { Store, StoreRecord } from './port.ts';

export interface LabelsOptions {
  /** Names of the labels, or of variables in the environment. */
  readonly fields: { readonly uid: string; readonly project?: string | undefined };
}

export function openLabels(options: LabelsOptions): Store {
  return {
    name: 'labels',
    identityLabel: options.fields.uid,
    mapping: { fields: { ...options.fields } },
    // Whoever serves the runtime serves its labels.
    lock: () => Promise.resolve(undefined),
    read(objects) {
      const records: StoreRecord[] = [];
      const problems: Problem[] = [];
      for (const object of objects) {
        const read = readLabels(options, object.path, object.labels);
        if (read.fault === undefined) records.push({ ...read.record, of: object.runtimeId });
        else
          problems.push(
            problem(
              object.path,
              read.fault.code,
              `servo ${object.uid}: ${read.fault.message}`,
              contentOf(object),
            ),
          );
      }
      return Promise.resolve({ records, problems });
    },
    conform: () => Promise.resolve(conformLabels(options)),
  };
}

function readLabels(options: LabelsOptions, path: string, labels: Readonly<Record<string, unknown>>): Read {
  const { uid, project } = options.fields;
  return readRecord({ uid, project }, path, (name) =>
    Object.hasOwn(labels, name) ? labels[name] : undefined,
  );
}

function contentOf(object: RuntimeObject): string {
  return canonicalJson(object.labels);
}

/** Only texts: a label is nothing else. */
function conformLabels(options: LabelsOptions) {
  const { uid, project } = options.fields;
  return variants()
    .filter(({ values }) =>
      [values['uid'], values['project']].every((v) => v === undefined || typeof v === 'string'),
    )
    .map(({ item, values }) => {
      const labels = {
        ...(project === undefined ? {} : { [project]: values['project'] }),
        [uid]: values['uid'],
      };
      return { item, made: madeOf(readLabels(options, 'corpus', labels)) };
    });
}
