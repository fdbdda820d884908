// The agent's options: one table, from which file, types, errors, sample and help follow.
import { isIP } from 'node:net';
import {
  choice,
  duration,
  group,
  id,
  listOf,
  loadOptions,
  optionalGroup,
  path,
  real,
  text,
  variant,
  whole,
  type Refuse,
  type Values,
} from '@servo-auditor/proto/options.ts';
import { logLevels } from '@servo-auditor/proto/log.ts';
import { maxStopWindowMs } from './act/view.ts';
import { packaged } from './packaged.ts';
import { labelOf, managedNamespaces, optionsOf, runtime } from './config-runtime.ts';
import type { RuntimeOptions } from './scan/runtime/index.ts';
import type { StoreOptions } from './scan/store/index.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

const fields = {
  uid: text({ help: 'field with the servo’s uid', example: 'uid' }),
  project: text({ help: 'field with its project, for people', optional: true, example: 'project' }),
  argv: text({ help: 'field with the command, a list', optional: true, example: 'argv' }),
  cwd: text({ help: 'field with its folder', optional: true, example: 'cwd' }),
  env: text({ help: 'field with its environment, a mapping', optional: true, example: 'env' }),
};

const store = variant(
  'kind',
  {
    'manifest-directory': {
      root: path({ help: 'folder of the projects’ folders', example: '/var/lib/platform/servos' }),
      fields: group('what the fields of a manifest are called; a dot leads into an object', fields),
      suffix: text({ help: 'how a manifest’s name ends', default: '.json' }),
      ignore: listOf(text({ help: 'name', example: '"*.tmp"' }), {
        help: 'names of entries that are neither folder nor manifest, and no problem; * stands for any characters',
        max: 50,
      }),
    },
    sqlite: {
      file: path({ help: 'database', example: '/var/lib/platform/servos.db' }),
      table: text({ help: 'table with one row per servo', example: 'instance' }),
      fields: group('what its columns are called; command and environment are JSON texts', fields),
    },
    labels: {
      fields: group('which labels, or variables of its environment, a servo’s record is read from', {
        uid: fields.uid,
        project: fields.project,
      }),
    },
  },
  'where the platform records its servos on this host',
);

export const configTable = {
  installation: id('installation', {
    help: 'installation that this host joins at first contact, as `servoctl status` shows it; later, what was accepted counts',
    example: 'inst-634e4a203a96fa5f',
  }),
  coordinator: group('who leads this host’s cell', {
    address: text({
      help: 'name or IP address, and port',
      example: 'coordinator.example:7443',
      pattern: {
        like: /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
        says: '"<name or IP address>:<port>", for example "coordinator.example:7443"',
      },
    }),
    uri: text({
      help: 'URI in the coordinator’s certificate; without it, any coordinator of the host’s trust domain will do',
      optional: true,
      example: 'spiffe://fleet.example/coordinator/coordinator-1',
      pattern: {
        like: /^spiffe:\/\/[a-z0-9._-]+\/coordinator\/[^/]+$/,
        says: '"spiffe://<trust domain>/coordinator/<id>"',
      },
    }),
  }),
  tls: group('files of `servoctl pki host`; the certificate says which host and cell this is', {
    ca: path({ help: 'certificates of the authorities', example: 'ca.pem' }),
    cert: path({ help: 'this host’s certificate', example: 'cert.pem' }),
    key: path({ help: 'its private key, which only this user may read', example: 'key.pem' }),
  }),
  orderKeys: listOf(path({ help: 'file', example: 'order-key.pem' }), {
    help: 'public keys, one of which signs each order (public.pem of `servoctl pki order-key`)',
    min: 1,
    max: 10,
  }),
  state: path({ help: 'directory of the journal', example: '/var/lib/servo-agent' }),
  holds: path({
    help: 'directory of hold files; without it, "holds" in the state directory',
    optional: true,
    example: '/etc/servo-agent/holds',
  }),
  store,
  runtime,
  activity: group('when a servo counts as quiet', {
    window: duration({
      help: 'how long it must have been quiet',
      min: minute,
      max: 24 * hour,
      default: 15 * minute,
    }),
    quietCpu: whole({
      help: 'CPU that still counts as quiet, of a core',
      unit: 'thousandths',
      min: 1,
      max: 100,
      default: 10,
    }),
    quietTraffic: whole({
      help: 'traffic that still counts as quiet, where a runtime counts it: health checks, broadcasts',
      unit: 'bytes a second',
      min: 0,
      max: 1_000_000,
      default: 200,
    }),
    probeSources: listOf(text({ help: 'address', example: '127.0.0.2' }), {
      help: 'IP addresses of health checks, whose connections are no use of a servo',
      max: 100,
    }),
  }),
  limits: group('stops that this host allows, whoever orders them', {
    stops: whole({ help: 'stops in a window', min: 1, max: 10, default: 1 }),
    window: duration({ help: 'this window', min: minute, max: 24 * hour, default: 10 * minute }),
    longShare: real({
      help: 'part of this host’s servos in a long window; one is always allowed',
      min: 0,
      max: 0.5,
      default: 0.05,
    }),
    longWindow: duration({
      help: 'this long window',
      min: hour,
      max: maxStopWindowMs,
      default: 24 * hour,
    }),
  }),
  maxScan: duration({
    help: 'how long one reading of store and runtime may take; what takes longer is incomplete',
    min: second,
    max: 10 * minute,
    default: 20 * second,
  }),
  demo: optionalGroup('only in a demo on one machine, never on a real host', {
    factor: real({
      help: 'how much faster waits pass',
      min: 1,
      max: 1_000_000,
      default: 30_000,
    }),
  }),
  log: choice(logLevels, { help: 'least level of events on standard error', default: 'info' }),
};

export type Config = Values<typeof configTable>;

/** Reads and checks a file. Throws `BadOptions` with every error at once. */
export function loadConfig(file: string): Config {
  return loadOptions(configTable, file, rules);
}

function rules(config: Config, refuse: Refuse): void {
  const { demo, coordinator, store, runtime, limits } = config;
  if (demo !== undefined && packaged)
    refuse(
      'demo',
      'belongs to a demo installation, and this agent was installed from a package, for a real host',
      'no demo here; a demo runs from the sources (npm run demo)',
    );
  if (demo !== undefined && !isLoopback(coordinator.address)) {
    refuse(
      'demo',
      `speeds waits up, and ${coordinator.address} is another machine`,
      'no demo, or a coordinator on 127.0.0.1 or [::1]',
    );
  }
  if (store.kind === 'labels' && store.fields.uid === labelOf(runtime)) {
    refuse(
      'runtime.identity',
      `reads ${store.fields.uid}, which the store reads too, so they could never disagree`,
      'another field',
    );
  }
  for (const [i, name] of runtime.kind === 'containerd' ? runtime.namespaces.entries() : []) {
    const why = managedNamespaces[name];
    if (why !== undefined)
      refuse(`runtime.namespaces[${i}]`, `is ${name}: ${why}`, 'a namespace of servos only');
  }
  if (limits.longWindow < limits.window)
    refuse('limits.longWindow', 'is shorter than limits.window', 'at least as much');
  for (const [i, address] of config.activity.probeSources.entries())
    if (isIP(address) === 0)
      refuse(`activity.probeSources[${i}]`, `"${address}" is no IP address`, 'an IP address');
}

function isLoopback(address: string): boolean {
  const host = address.slice(0, address.lastIndexOf(':'));
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Options of the configured store, as it wants them. */
export function storeOptions({ store }: Config): StoreOptions {
  switch (store.kind) {
    case 'manifest-directory': {
      const { root, fields, suffix, ignore } = store;
      return { store: 'manifest-directory', options: { root, fields, suffix, ignore } };
    }
    case 'sqlite':
      return { store: 'sqlite', options: { path: store.file, table: store.table, columns: store.fields } };
    case 'labels':
      return { store: 'labels', options: { fields: store.fields } };
  }
}

/** Options of the configured runtime, as it wants them. */
export function runtimeOptions({ runtime, activity }: Config): RuntimeOptions {
  return optionsOf(runtime, activity.probeSources);
}
