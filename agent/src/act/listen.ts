// Which addresses processes listen on, and who has an address now: so that a servo is not started where another one has
// taken its place. TCP only; what an unprivileged agent cannot see counts as an unknown holder.
import { readFile, readdir, readlink } from 'node:fs/promises';
import { listPids } from '../scan/runtime/proc.ts';
import type { Listen } from './actor.ts';

const listening = '0A';
/** Addresses of one servo that are remembered: more than any servo has. */
const maxListens = 100;

interface Socket extends Listen {
  readonly inode: string;
}

/** What these processes listen on. A process that is gone, or hides its files, adds nothing. */
export async function listensOf(pids: readonly number[]): Promise<readonly Listen[]> {
  const [first] = pids;
  if (first === undefined) return [];
  const own = new Set((await Promise.all(pids.map(socketsOf))).flat());
  const sockets = await tables(first);
  return sockets
    .filter((socket) => own.has(socket.inode))
    .slice(0, maxListens)
    .map(({ protocol, address, port }) => ({ protocol, address, port }));
}

/** Those of the addresses that something listens on now, and who. */
export async function conflictsOf(
  listens: readonly Listen[],
): Promise<readonly { readonly address: string; readonly holder: string }[]> {
  if (listens.length === 0) return [];
  const taken = (await tables('self')).flatMap((socket) => {
    const wanted = listens.find((listen) => clash(listen, socket));
    return wanted === undefined ? [] : [{ wanted, inode: socket.inode }];
  });
  return await Promise.all(
    taken.map(async ({ wanted, inode }) => ({ address: spell(wanted), holder: await holderOf(inode) })),
  );
}

function clash(a: Listen, b: Listen): boolean {
  if (a.port !== b.port) return false;
  return a.address === b.address || isAny(a) || isAny(b);
}

function isAny({ address }: Listen): boolean {
  return /^0+$/.test(address);
}

function spell({ protocol, address, port }: Listen): string {
  if (isAny({ protocol, address, port })) return `port ${port}`;
  if (protocol === 'tcp') {
    const bytes = (address.match(/../g) ?? []).toReversed().map((hex) => parseInt(hex, 16));
    return `${bytes.join('.')}:${port}`;
  }
  return `port ${port} of ${address}`;
}

/** Name and number of the process that holds a socket, as far as this user may see. */
async function holderOf(inode: string): Promise<string> {
  for (const pid of listPids()) {
    if (!(await socketsOf(pid)).includes(inode)) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return `process ${pid} (${name.trim() === '' ? 'gone' : name.trim()})`;
  }
  return 'a process of another user';
}

async function socketsOf(pid: number): Promise<readonly string[]> {
  try {
    const files = await readdir(`/proc/${pid}/fd`);
    const links = await Promise.all(files.map((f) => readlink(`/proc/${pid}/fd/${f}`).catch(() => '')));
    return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  } catch {
    // Gone, or of another user.
    return [];
  }
}

async function tables(pid: number | 'self'): Promise<readonly Socket[]> {
  const [four, six] = await Promise.all([table(pid, 'tcp'), table(pid, 'tcp6')]);
  return [...four, ...six];
}

async function table(pid: number | 'self', protocol: Listen['protocol']): Promise<readonly Socket[]> {
  // Without the table nothing is known to listen; the start itself then shows whether the address is free.
  const text = await readFile(`/proc/${pid}/net/${protocol}`, 'latin1').catch(() => '');
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const [address, port] = local?.split(':') ?? [];
      if (state !== listening || inode === undefined || address === undefined || port === undefined)
        return [];
      return [{ protocol, address, port: parseInt(port, 16), inode }];
    });
}
