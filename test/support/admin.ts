// A coordinator's admin side for tests: a real gRPC server over real TLS, on a scene of admin-scene.ts, and operators who call it.
import { Server } from '@grpc/grpc-js';
import { join } from 'node:path';
import type { Test } from 'tap';
import { adminClient, type AdminClient } from '@servo-auditor/proto/admin.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Role } from '@servo-auditor/proto/peer.ts';
import {
  adminChannelOptions,
  clientCredentials,
  readTls,
  serverCredentials,
  type TlsFiles,
} from '@servo-auditor/proto/tls.ts';
import type { AdminDeps } from '../../coordinator/src/admin/deps.ts';
import { addAdminOf } from '../../coordinator/src/admin/service.ts';
import type { Io } from '../../coordinator/src/cli/io.ts';
import { runCli } from '../../coordinator/src/cli/run.ts';
import { createCa, issueCoordinator, issueHost, issueOperator } from '../../coordinator/src/pki.ts';
import { aScene, type Scene, type Setting } from './admin-scene.ts';
import { cell, h1 } from './build.ts';

export { aCase, quarantine, smallWorld, type Said, type Setting } from './admin-scene.ts';

export interface World extends Scene {
  readonly address: string;
  readonly pki: string;
  readonly client: (role: Role) => AdminClient;
  /** What `servoctl` prints and how it ends, as an operator with this role. */
  readonly servoctl: (role: Role, ...argv: string[]) => Promise<Ended>;
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function aWorld(t: Test, setting: Setting = {}): Promise<World> {
  const dir = t.testdir();
  const scene = await aScene(dir, setting);
  t.teardown(() => scene.store.close());
  const pki = join(dir, 'pki');
  return Object.assign(scene, { pki, ...(await serving(t, scene.deps, pki)) });
}

async function serving(
  t: Test,
  deps: AdminDeps,
  pki: string,
): Promise<Pick<World, 'address' | 'client' | 'servoctl'>> {
  await createCa(pki, 'example.test');
  const own = await issueCoordinator(pki, parseId('coordinator', 'main'), ['localhost']);
  const files = new Map<Role, TlsFiles>();
  for (const role of ['viewer', 'operator', 'approver', 'admin'] as const)
    files.set(role, await issueOperator(pki, parseId('operator', `ada-${role}`), role));
  await issueHost(pki, h1, cell);
  const server = new Server();
  addAdminOf(server, deps);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('localhost:0', serverCredentials(readTls(own)), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  t.teardown(() => server.forceShutdown());
  const address = `localhost:${port}`;
  const filesOf = (role: Role): TlsFiles => {
    const found = files.get(role);
    if (found === undefined) throw new Error(role);
    return found;
  };
  return {
    address,
    client(role) {
      const client = adminClient(address, clientCredentials(readTls(filesOf(role))), adminChannelOptions());
      t.teardown(() => client.close());
      return client;
    },
    servoctl: (role, ...argv) => servoctl([...connection(address, filesOf(role)), ...argv]),
  };
}

export function connection(address: string, { ca, cert, key }: TlsFiles): readonly string[] {
  return ['--address', address, '--ca', ca, '--cert', cert, '--key', key];
}

/** Runs `servoctl` in this process. */
export async function servoctl(argv: readonly string[], more: Partial<Io> = {}): Promise<Ended> {
  let out = '';
  let err = '';
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: {},
    colours: false,
    signal: new AbortController().signal,
    ...more,
  };
  const code = await runCli(argv, io);
  return { code, out, err };
}
