// A coordinator that leads one cell, for tests that speak to it: composed as the program composes it, over a real state file and
// a real platform, with a clock that a test moves and a log that it reads. No pass is made unless a test makes one.
import { Server } from '@grpc/grpc-js';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { AdminCalls } from '@servo-auditor/proto/admin.ts';
import { parseId, type HostId } from '@servo-auditor/proto/ids.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import { logger } from '@servo-auditor/proto/log.ts';
import { orderSigner, orderVerifier } from '@servo-auditor/proto/sign.ts';
import { readTls, serverCredentials, serverOptions, type TlsFiles } from '@servo-auditor/proto/tls.ts';
import { adminDeps } from '../../coordinator/src/admin/deps.ts';
import { adminCalls } from '../../coordinator/src/admin/service.ts';
import { compose, type Composed } from '../../coordinator/src/compose.ts';
import type { Coordinator } from '../../coordinator/src/coordinator.ts';
import type { HostView } from '../../coordinator/src/domain/host.ts';
import { defaultPolicy, type Policy } from '../../coordinator/src/domain/policy.ts';
import { createCa, issueCoordinator, issueHost, issueOperator } from '../../coordinator/src/pki.ts';
import { agentHandlers } from '../../coordinator/src/session/service.ts';
import { openSqliteStore } from '../../coordinator/src/state/sqlite/store.ts';
import type { SqlQueries } from '../../coordinator/src/witness/sql.ts';
import { Platform } from './cell/platform.ts';
import { World, type Machine } from './cell/world.ts';
import { Heard } from './heard.ts';

export const trustDomain = 'test.example';
const cellId = parseId('cell', 'c1');
const coordinatorId = parseId('coordinator', 'k1');
const viewer = { name: parseId('operator', 'ada'), role: 'viewer' } as const;

/** What tap's tests offer of temporary directories and cleaning up. */
export interface Tidy {
  testdir(): string;
  teardown(done: () => Promise<void>): void;
}

/** One event of the log. */
export interface LogEvent {
  readonly event: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

export interface LeadSetting {
  readonly policy: Partial<Policy>;
  readonly demo: number | undefined;
  readonly witnesses: 'both' | 'registry';
  /** Other queries of the registry than its own; one that is undefined is not offered. */
  readonly queries: Partial<SqlQueries>;
}

export class Lead {
  readonly platform: Platform;
  readonly composed: Composed;
  readonly machine: Machine;
  readonly log: Heard<LogEvent>;
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;

  constructor(
    platform: Platform,
    composed: Composed,
    machine: Machine,
    log: Heard<LogEvent>,
    verify: Lead['verify'],
  ) {
    this.platform = platform;
    this.composed = composed;
    this.machine = machine;
    this.log = log;
    this.verify = verify;
  }

  get coordinator(): Coordinator {
    return this.composed.coordinator;
  }

  get admin(): AdminCalls {
    return adminCalls(adminDeps(this.coordinator, this.composed.loop));
  }

  view(host: string): HostView | undefined {
    return this.coordinator.fleet.views.get(parseId('host', host));
  }

  /** What an operator is shown of a host. */
  async shown(host: string) {
    const { hosts } = await this.admin.ListHosts({ host: parseId('host', host), pageSize: 10 }, viewer);
    const [row] = hosts;
    if (row === undefined) throw new Error(`${host} is not listed`);
    return row;
  }

  /** Events of this name so far. */
  events(name: string): readonly LogEvent[] {
    return this.log.all.filter((e) => e.event === name);
  }
}

/** A coordinator that took the lead, over a platform on which nothing is claimed. */
export async function aLead(t: Tidy, setting: Partial<LeadSetting> = {}, dir = t.testdir()): Promise<Lead> {
  const platform = await Platform.create(dir);
  const machine = new World().machine('coordinator');
  const log = new Heard<LogEvent>();
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const store = openSqliteStore({ file: join(dir, 'state.db'), exclusive: false, demo: false });
  const lead = await store.lead(coordinatorId, machine.wallMs);
  const composed = await compose({
    id: coordinatorId,
    trustDomain,
    cells: [cellId],
    demo: setting.demo,
    policy: { ...defaultPolicy, ...setting.policy },
    sign: orderSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    store,
    lead,
    clock: machine.clock(lead.waitedMs),
    witnesses: platform.witnesses(setting.witnesses ?? 'both', setting.queries ?? {}),
    log: logger('test', 'debug', { write: (line) => log.push(JSON.parse(line) as LogEvent) }),
  });
  t.teardown(async () => {
    await composed.stop();
    platform.close();
  });
  const verify = orderVerifier([publicKey.export({ type: 'spki', format: 'pem' }).toString()]);
  return new Lead(platform, composed, machine, log, verify);
}

export interface Served {
  readonly lead: Lead;
  readonly address: string;
  /** Certificate of a host; made when first asked for. */
  readonly host: (id: string, cell?: string) => Promise<TlsFiles>;
  readonly operator: () => Promise<TlsFiles>;
}

/** The same, listening: real gRPC over real mutual TLS. */
export async function aServedLead(t: Tidy, setting: Partial<LeadSetting> = {}): Promise<Served> {
  const dir = t.testdir();
  const lead = await aLead(t, setting, dir);
  const pki = join(dir, 'pki');
  await createCa(pki, trustDomain);
  const own = await issueCoordinator(pki, coordinatorId, ['localhost']);
  const server = new Server(serverOptions());
  server.addService(agentService, agentHandlers(lead.coordinator));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('localhost:0', serverCredentials(readTls(own)), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  t.teardown(async () => server.forceShutdown());
  const made = new Map<HostId, TlsFiles>();
  return {
    lead,
    address: `localhost:${port}`,
    async host(name, cell = cellId) {
      const id = parseId('host', name);
      const files = made.get(id) ?? (await issueHost(pki, id, parseId('cell', cell)));
      made.set(id, files);
      return files;
    },
    operator: async () => await issueOperator(pki, parseId('operator', 'ada'), 'admin'),
  };
}
