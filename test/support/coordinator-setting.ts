// Everything that a coordinator needs to start, on disk.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { logger } from '@servo-auditor/proto/log.ts';
import { loadConfig, type CoordinatorConfig } from '../../coordinator/src/config.ts';
import { createCa, createOrderKey, issueCoordinator } from '../../coordinator/src/pki.ts';
import { createRegistry, registryQueries } from '../../scripts/demo/registry.ts';
import { cell } from './build.ts';

export const coordinatorId = parseId('coordinator', 'k1');

/** Its CA is in `<dir>/pki`, of trust domain start.example; `more` goes over the configuration. */
export async function aSetting(t: Test, more: Readonly<Record<string, unknown>> = {}) {
  const dir = t.testdir();
  const pki = join(dir, 'pki');
  await createCa(pki, 'start.example');
  const registry = createRegistry(join(dir, 'registry.db'));
  t.teardown(() => registry.close());
  const file = join(dir, 'coordinator.yaml');
  const options = {
    id: coordinatorId,
    listen: '127.0.0.1:0',
    tls: await issueCoordinator(pki, coordinatorId, ['127.0.0.1', 'localhost']),
    orderKey: (await createOrderKey(pki)).privateKey,
    state: join(dir, 'state.db'),
    cells: [cell],
    witnesses: [
      {
        kind: 'sql',
        id: 'registry',
        source: 'registry',
        authority: true,
        reads: 'primary',
        file: join(dir, 'registry.db'),
        queries: registryQueries,
      },
    ],
    ...more,
  };
  const write = (other: object = {}): void => writeFileSync(file, JSON.stringify({ ...options, ...other }));
  write();
  const config: CoordinatorConfig = loadConfig(file);
  const events: { readonly event: string; readonly [field: string]: unknown }[] = [];
  const log = logger('test', 'info', { write: (line) => void events.push(JSON.parse(line) as never) });
  return { dir, pki, file, options, write, config, events, log };
}

export type Setting = Awaited<ReturnType<typeof aSetting>>;
