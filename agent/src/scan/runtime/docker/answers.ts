// Takes the engine's answers apart: what this agent needs of a container, checked, or a refusal that says what is wrong. Pure.
/** One row of the list of containers. */
export interface Listed {
  readonly id: string;
  /** Without the slash that the engine puts before them. */
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `running`, `paused`, `restarting`, `created`, `exited`, `removing`, `dead`, and what newer engines add. */
  readonly state: string;
  /** Id or name of the container whose network it lives in. */
  readonly networkOf: string | undefined;
  /** Ports of the host that lead to it now. */
  readonly published: readonly Published[];
  /** Its addresses in its networks now. */
  readonly addresses: readonly FixedAddress[];
}

/** What a closer look at one container shows. */
export interface Inspected {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly paused: boolean;
  readonly status: string;
  /** 0 where nothing runs. */
  readonly pid: number;
  readonly exitCode: number;
  /** What the engine says of its last failure; empty: nothing. */
  readonly error: string;
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly autoRemove: boolean;
  readonly policy: Policy;
  /** Where its files in memory alone are. */
  readonly tmpfs: readonly string[];
  /** Ids or names of containers whose namespaces it lives in. */
  readonly livesIn: readonly string[];
  readonly hostNetwork: boolean;
  /** Addresses that were given to it by hand, with the network. */
  readonly fixedAddresses: readonly FixedAddress[];
  readonly published: readonly Published[];
}

/** When the engine starts it again by itself. */
export interface Policy {
  /** `no`, `always`, `unless-stopped`, `on-failure`. */
  readonly name: string;
  readonly retries: number;
}

export interface FixedAddress {
  readonly network: string;
  readonly address: string;
}

/** A port of the host that leads to it. */
export interface Published {
  readonly protocol: string;
  /** Empty: every address of the host. */
  readonly address: string;
  readonly port: number;
}

/** The answer is not what an engine says. */
export class Unintelligible extends Error {
  override readonly name = 'Unintelligible';
}

const idPattern = /^[0-9a-f]{64}$/;

/** Whether an engine could have made it. */
export function isContainerId(text: string): boolean {
  return idPattern.test(text);
}

/** The rows that can be read, and how many cannot: one of those may be a servo. Throws where it is no list. */
export function readList(value: unknown): { readonly rows: readonly Listed[]; readonly unread: number } {
  if (!Array.isArray(value)) throw new Unintelligible('the list of containers is no list');
  const rows = value.map(rowOf);
  return {
    rows: rows.filter((row) => row !== undefined),
    unread: rows.filter((r) => r === undefined).length,
  };
}

function rowOf(value: unknown): Listed | undefined {
  const row = objectIn(value);
  const { Id: id, State: state } = row;
  const labels = labelsIn(row['Labels']);
  if (typeof id !== 'string' || !idPattern.test(id) || typeof state !== 'string' || labels === undefined)
    return undefined;
  const names = Array.isArray(row['Names']) ? row['Names'].filter(isText).map(plainName) : [];
  const mode = objectIn(row['HostConfig'])['NetworkMode'];
  return {
    id,
    names,
    labels,
    state,
    networkOf: isText(mode) ? innerOf(mode) : undefined,
    published: (Array.isArray(row['Ports']) ? row['Ports'].map(objectIn) : []).flatMap((port) =>
      publishedOf(port['IP'], port['PublicPort'], port['Type']),
    ),
    addresses: Object.entries(objectIn(objectIn(row['NetworkSettings'])['Networks'])).flatMap(
      ([network, settings]) =>
        [objectIn(settings)['IPAddress'], objectIn(settings)['GlobalIPv6Address']]
          .filter(isText)
          .filter((address) => address !== '')
          .map((address) => ({ network, address })),
    ),
  };
}

function publishedOf(ip: unknown, port: unknown, protocol: unknown): readonly Published[] {
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return [];
  const said = isText(ip) ? ip : '';
  const address = said === '0.0.0.0' || said === '::' ? '' : said;
  return [{ protocol: isText(protocol) ? protocol : 'tcp', address, port: number }];
}

/** Throws where it is not what an engine says of a container. */
export function readInspected(value: unknown): Inspected {
  const root = objectIn(value);
  const state = objectIn(root['State']);
  const config = objectIn(root['Config']);
  const host = objectIn(root['HostConfig']);
  const policy = objectIn(host['RestartPolicy']);
  const labels = labelsIn(config['Labels']);
  const { Id: id, Name: name } = root;
  const { Running: running, Pid: pid, Status: status } = state;
  if (typeof id !== 'string' || !idPattern.test(id) || typeof name !== 'string' || labels === undefined)
    throw new Unintelligible('a container without id, name or labels');
  if (typeof running !== 'boolean' || typeof pid !== 'number' || typeof status !== 'string')
    throw new Unintelligible(`container ${id.slice(0, 12)} without a state`);
  if (typeof host['AutoRemove'] !== 'boolean')
    throw new Unintelligible(`container ${id.slice(0, 12)} does not say whether it is removed when it ends`);
  return {
    id,
    name: plainName(name),
    running,
    paused: state['Paused'] === true,
    status,
    pid,
    exitCode: numberIn(state['ExitCode']),
    error: isText(state['Error']) ? state['Error'] : '',
    env: textsIn(config['Env']),
    labels,
    autoRemove: host['AutoRemove'],
    policy: {
      name: isText(policy['Name']) && policy['Name'] !== '' ? policy['Name'] : 'no',
      retries: numberIn(policy['MaximumRetryCount']),
    },
    tmpfs: tmpfsIn(host, root['Mounts']),
    livesIn: livesIn(host),
    hostNetwork: host['NetworkMode'] === 'host',
    fixedAddresses: fixedIn(objectIn(objectIn(root['NetworkSettings'])['Networks'])),
    published: publishedIn(
      objectIn(host['PortBindings']),
      objectIn(objectIn(root['NetworkSettings'])['Ports']),
    ),
  };
}

function tmpfsIn(host: Fields, mounts: unknown): readonly string[] {
  const mounted = (Array.isArray(mounts) ? mounts.map(objectIn) : [])
    .filter((mount) => mount['Type'] === 'tmpfs')
    .map((mount) => mount['Destination']);
  return [...new Set([...Object.keys(objectIn(host['Tmpfs'])), ...mounted.filter(isText)])].toSorted();
}

function livesIn(host: Fields): readonly string[] {
  return ['NetworkMode', 'PidMode', 'IpcMode', 'UTSMode']
    .map((key) => host[key])
    .filter(isText)
    .flatMap((mode) => innerOf(mode) ?? []);
}

function innerOf(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

function fixedIn(networks: Fields): readonly FixedAddress[] {
  return Object.entries(networks).flatMap(([network, settings]) => {
    const given = objectIn(objectIn(settings)['IPAMConfig']);
    return [given['IPv4Address'], given['IPv6Address']]
      .filter(isText)
      .filter((address) => address !== '')
      .map((address) => ({ network, address }));
  });
}

/** Ports as they were asked for, and as they were given where the engine chose them. */
function publishedIn(asked: Fields, given: Fields): readonly Published[] {
  const found = new Map<string, Published>();
  for (const [inner, bindings] of [...Object.entries(asked), ...Object.entries(given)])
    for (const binding of Array.isArray(bindings) ? bindings.map(objectIn) : []) {
      for (const one of publishedOf(binding['HostIp'], binding['HostPort'], inner.split('/')[1]))
        found.set(`${one.protocol} ${one.address} ${one.port}`, one);
    }
  return [...found.values()];
}

type Fields = Readonly<Record<string, unknown>>;

function objectIn(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** Undefined where it is neither a mapping of texts nor nothing. */
function labelsIn(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === null || value === undefined) return {};
  const labels = objectIn(value);
  return Object.values(labels).every(isText) && !Array.isArray(value)
    ? (labels as Record<string, string>)
    : undefined;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}

function numberIn(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function plainName(name: string): string {
  return name.startsWith('/') ? name.slice(1) : name;
}
