// Which established TCP connections belong to which processes, as an unprivileged reader can tell: by the numbers of the
// sockets that a process holds open, looked up in its network's tables.
// A connection that opens and closes between two scans is not seen. UDP and Unix sockets do not count.
import { readFile, readdir, readlink } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import { codeOf } from './proc.ts';

/** Socket number -> the other side's address (see `addressKey`), of established connections. */
type Table = ReadonlyMap<string, string>;

/** Tables of one scan, by network namespace. */
export type Tables = Map<string, Promise<Table>>;

/** Open files of one process that are looked at. A process with more cannot be told. */
const maxFilesPerProcess = 20_000;
const established = '01';

/**
 * Established connections of these processes together, each counted once, without those from `probes`.
 * Undefined where this agent may not look.
 */
export async function countConnections(
  pids: readonly number[],
  probes: ReadonlySet<string>,
  tables: Tables,
): Promise<number | undefined> {
  const seen = new Set<string>();
  for (const pid of pids) {
    try {
      const sockets = await socketsOf(pid);
      if (sockets === undefined) return undefined;
      if (sockets.length === 0) continue;
      const table = await tableOf(pid, tables);
      for (const socket of sockets) {
        const from = table.get(socket);
        if (from !== undefined && !probes.has(from)) seen.add(socket);
      }
    } catch (error) {
      // A process that has ended holds nothing; of one that hides its files nothing is known.
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ESRCH') return undefined;
    }
  }
  return seen.size;
}

async function socketsOf(pid: number): Promise<readonly string[] | undefined> {
  const files = await readdir(`/proc/${pid}/fd`);
  if (files.length > maxFilesPerProcess) return undefined;
  const links = await Promise.all(files.map((file) => linkOf(`/proc/${pid}/fd/${file}`)));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

async function linkOf(path: string): Promise<string> {
  try {
    return await readlink(path);
  } catch (error) {
    // Closed meanwhile.
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

async function tableOf(pid: number, tables: Tables): Promise<Table> {
  const network = await readlink(`/proc/${pid}/ns/net`);
  let table = tables.get(network);
  if (table === undefined) tables.set(network, (table = readTable(pid)));
  return table;
}

async function readTable(pid: number): Promise<Table> {
  const texts = await Promise.all(
    ['tcp', 'tcp6'].map((name) =>
      readFile(`/proc/${pid}/net/${name}`, 'latin1').catch((error: unknown) => {
        // A kernel without IPv6 has no such table.
        if (name === 'tcp6' && codeOf(error) === 'ENOENT') return '';
        throw error;
      }),
    ),
  );
  return new Map(texts.flatMap(parseTable));
}

/** Socket numbers and other sides of the established connections in a table like /proc/net/tcp. */
export function parseTable(text: string): readonly (readonly [string, string])[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, , remote, state, , , , , , inode] = line.trim().split(/\s+/);
      const address = remote?.split(':')[0];
      if (state !== established || inode === undefined || inode === '0' || address === undefined) return [];
      return [[inode, kernelKey(address)] as const];
    });
}

const mapped = '00000000000000000000ffff';

/** The kernel prints each 32-bit word as this machine holds it. */
function kernelKey(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.map((word) =>
    endianness() === 'LE' ? (word.match(/../g) ?? []).toReversed().join('') : word,
  );
  const key = bytes.join('').toLowerCase();
  return key.length === 8 ? mapped + key : key;
}

/** An address as 32 hex digits; IPv4 stands where IPv6 maps it. Throws a `TypeError` when it is no address. */
export function addressKey(address: string): string {
  if (isIPv4(address)) return mapped + hexOfIPv4(address);
  if (!isIPv6(address)) throw new TypeError(`"${address.slice(0, 60)}" is no IP address`);
  const [plain = ''] = address.split('%');
  const text = plain.replace(/\d+\.\d+\.\d+\.\d+$/, (v4) => (hexOfIPv4(v4).match(/.{4}/g) ?? []).join(':'));
  const [left, right] = text.split('::', 2).map((side) => (side === '' ? [] : side.split(':')));
  const head = left ?? [];
  const tail = right ?? [];
  const gap = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...gap, ...tail]
    .map((group) => group.padStart(4, '0'))
    .join('')
    .toLowerCase();
}

function hexOfIPv4(address: string): string {
  return address
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('');
}
