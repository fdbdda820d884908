// The platform's side of each store: writes the records that the product only reads.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openLabels } from '../../agent/src/scan/store/labels.ts';
import { openManifestDirectory } from '../../agent/src/scan/store/manifest-directory.ts';
import { openSqlite } from '../../agent/src/scan/store/sqlite.ts';
import { project, type StoreHand } from './ground.ts';

const fields = { uid: 'uid', project: 'project' };
/** Names that a servo's labels, or its environment, has where they are the record. */
export const recordLabels = { uid: 'SERVO_RECORD', project: 'SERVO_PROJECT' };

/** A manifest per servo below a folder, which must exist. */
export function manifests(folder: string): StoreHand {
  const root = join(folder, 'store');
  mkdirSync(join(root, project), { recursive: true });
  const fileOf = (uid: string) => join(root, project, `${uid}.json`);
  return {
    name: 'manifest-directory',
    config: { kind: 'manifest-directory', root, fields },
    open: () => openManifestDirectory({ root, fields, suffix: '.json', ignore: [] }),
    labelsOf: () => ({}),
    put: (uid) => writeFileSync(fileOf(uid), JSON.stringify({ uid, project })),
    drop: (uid) => rmSync(fileOf(uid), { force: true }),
    break(uid) {
      writeFileSync(fileOf(uid), '{"uid": ');
      return undefined;
    },
  };
}

/** A row per servo in a database in a folder, which must exist. */
export function sqlite(folder: string): StoreHand {
  const file = join(folder, 'servos.db');
  const change = (sql: string, ...values: readonly (string | null)[]) => {
    const db = new Database(file);
    try {
      db.exec('CREATE TABLE IF NOT EXISTS instance (slot TEXT PRIMARY KEY, uid TEXT, project TEXT)');
      db.prepare(sql).run(...values);
    } finally {
      db.close();
    }
  };
  change('DELETE FROM instance');
  return {
    name: 'sqlite',
    config: { kind: 'sqlite', file, table: 'instance', fields },
    open: () => openSqlite({ path: file, table: 'instance', columns: fields }),
    labelsOf: () => ({}),
    put: (uid) => change('INSERT OR REPLACE INTO instance VALUES (?, ?, ?)', uid, uid, project),
    drop: (uid) => change('DELETE FROM instance WHERE slot = ?', uid),
    break(uid) {
      change('UPDATE instance SET uid = NULL WHERE slot = ?', uid);
      return undefined;
    },
  };
}

/** What the runtime itself keeps with each servo. */
export function labels(): StoreHand {
  return {
    name: 'labels',
    config: { kind: 'labels', fields: recordLabels },
    open: () => openLabels({ fields: recordLabels }),
    labelsOf: (uid) => ({ [recordLabels.uid]: uid, [recordLabels.project]: project }),
    put: () => undefined,
    drop: () => undefined,
    break: () => ({ [recordLabels.uid]: ' not a uid', [recordLabels.project]: project }),
  };
}

/** One of each, in a folder that exists. */
export function allStores(folder: string): readonly StoreHand[] {
  return [manifests(folder), sqlite(folder), labels()];
}
