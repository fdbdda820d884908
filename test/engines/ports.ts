// TCP ports of this machine, for servos that live on the host's network.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Test } from 'tap';
import { until } from '../agent/scan/support.ts';

/** One that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** True once somebody listens on it. */
function listening(port: number): true | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/net/${name}`, 'latin1')).join('');
  return new RegExp(`:${hex} [0-9A-F]+:0000 0A`).test(tables) ? true : undefined;
}

/** Slots whose servo listens on one of the host's own addresses. */
export class Addresses {
  readonly #t: Pick<Test, 'teardown'>;
  readonly #ports = new Map<string, number>();
  readonly #holders = new Map<string, Server>();

  constructor(t: Pick<Test, 'teardown'>) {
    this.#t = t;
  }

  /** The port of a slot that is to have one; undefined: it is to have none. */
  async portOf(slot: string): Promise<number | undefined> {
    if (!slot.startsWith('conf-address')) return undefined;
    const port = await freePort();
    this.#ports.set(slot, port);
    return port;
  }

  /** Resolves when the slot's servo listens, if it is to. */
  async untilListening(slot: string): Promise<void> {
    const port = this.#ports.get(slot);
    if (port !== undefined) await until(`${slot} listens`, () => listening(port));
  }

  /** Somebody else takes the address of a slot that was stopped. */
  async take(slot: string): Promise<void> {
    const port = this.#ports.get(slot);
    if (port === undefined) throw new Error(`${slot} has no address`);
    const server = createServer();
    server.listen(port, '0.0.0.0');
    await once(server, 'listening');
    this.#holders.set(slot, server);
    this.#t.teardown(() => server.close());
  }

  release(slot: string): void {
    this.#holders.get(slot)?.close();
    this.#holders.delete(slot);
  }
}
