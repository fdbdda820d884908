// What a servo does in a network namespace of its own, seen through one of its processes: connections, bytes, addresses.
// All of it stands in /proc/<pid>/net, which every user may read.
import { readFile, readlink } from 'node:fs/promises';
import { addressKey, parseTable } from './connections.ts';
import { codeOf } from './proc.ts';

export interface NetworkUse {
  /** Established connections to others, probes left out. What its processes say to each other over loopback is no use of it. */
  readonly connections: number | undefined;
  /** Bytes over all interfaces but loopback, both ways, since they came up. */
  readonly networkBytes: number | undefined;
}

export const nothingSeen: NetworkUse = { connections: undefined, networkBytes: undefined };

/** Whether the process has another network than this agent. Undefined where this agent may not look, or it is gone. */
export async function hasOwnNetwork(pid: number): Promise<boolean | undefined> {
  try {
    return (await readlink(`/proc/${pid}/ns/net`)) !== (await readlink('/proc/self/ns/net'));
  } catch {
    return undefined;
  }
}

/** Of a process with a network of its own. What cannot be read is not told. */
export async function networkUse(pid: number, probes: ReadonlySet<string>): Promise<NetworkUse> {
  try {
    // The kernel makes these tables by a walk over the sockets of all networks: 3 to 4 ms each, however few there are in this one.
    const any = parseEstablished(await read(pid, 'snmp')) !== 0;
    const tables = any ? await Promise.all([read(pid, 'tcp'), readIfThere(pid, 'tcp6')]) : [];
    const others = tables.flatMap(parseTable).filter(([, other]) => !probes.has(other) && !isLoopback(other));
    return { connections: others.length, networkBytes: parseDev(await read(pid, 'dev')) };
  } catch {
    return nothingSeen;
  }
}

/**
 * Established TCP connections of a network, over IPv4 and IPv6, in a table like /proc/net/snmp: never fewer than there are.
 * Undefined where it does not say.
 */
export function parseEstablished(text: string): number | undefined {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  const at = names?.indexOf('CurrEstab') ?? -1;
  const value = at < 0 ? undefined : values?.[at];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Sum over a table like /proc/net/dev, loopback left out. */
export function parseDev(text: string): number {
  let sum = 0;
  for (const line of text.split('\n').slice(2)) {
    const [name, numbers] = line.split(/:\s*/, 2);
    if (name === undefined || numbers === undefined || name.trim() === 'lo') continue;
    const fields = numbers.split(/\s+/).map(Number);
    sum += (fields[0] ?? 0) + (fields[8] ?? 0);
  }
  return sum;
}

/**
 * Addresses that the process's network answers to, as people write them, sorted; loopback and link-local ones, which every
 * network has, left out. Empty where nothing can be read.
 */
export async function addressesOf(pid: number | 'self'): Promise<readonly string[]> {
  const [four, six] = await Promise.all([
    readIfThere(pid, 'fib_trie').catch(() => ''),
    readIfThere(pid, 'if_inet6').catch(() => ''),
  ]);
  return [...new Set([...localFour(four), ...localSix(six)])].toSorted();
}

/** Host addresses in a table like /proc/net/fib_trie: a leaf `|-- 10.0.3.7` that is followed by `/32 host LOCAL`. */
export function localFour(text: string): readonly string[] {
  const found: string[] = [];
  let leaf: string | undefined;
  for (const line of text.split('\n')) {
    const address = /\|-- (\d+\.\d+\.\d+\.\d+)/.exec(line)?.[1];
    if (address !== undefined) leaf = address;
    else if (leaf !== undefined && /\/32 host LOCAL/.test(line) && !/^(127|169\.254)\./.test(leaf))
      found.push(leaf);
  }
  return found;
}

/** Addresses in a table like /proc/net/if_inet6, of global scope. */
export function localSix(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [hex, , , scope] = line.trim().split(/\s+/);
    if (hex?.length !== 32 || scope !== '00') return [];
    return [spellSix(hex)];
  });
}

function spellSix(hex: string): string {
  const groups = (hex.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, ''));
  return groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}

/** One spelling for an address with or without its prefix length, to compare: 32 hex digits. Undefined: it is none. */
export function comparable(address: string): string | undefined {
  try {
    return addressKey(address.split('/')[0] ?? '');
  } catch {
    return undefined;
  }
}

function isLoopback(key: string): boolean {
  return key.startsWith('00000000000000000000ffff7f') || key === `${'0'.repeat(31)}1`;
}

async function read(pid: number | 'self', file: string): Promise<string> {
  return await readFile(`/proc/${pid}/net/${file}`, 'latin1');
}

/** A kernel without IPv6 has no such table. */
async function readIfThere(pid: number | 'self', file: string): Promise<string> {
  try {
    return await read(pid, file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}
