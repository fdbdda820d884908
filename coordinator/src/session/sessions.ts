// Who is connected now, and a way to reach them. The newest session of a host is the one that gets orders.
import type { HostId, Nonce } from '@servo-auditor/proto/ids.ts';
import type { CoordinatorMessage } from '@servo-auditor/proto/wire.ts';

export interface Line {
  readonly host: HostId;
  /** The agent's own latest nonce: what an order cites. Absent until its first report. */
  readonly agentNonce: Nonce | undefined;
  send(message: CoordinatorMessage): void;
  /** Sends a new question; `full` wants a whole inventory. */
  ask(full: boolean): void;
  end(code: string, message: string): void;
}

export class Sessions {
  readonly #lines = new Map<HostId, Line>();

  get count(): number {
    return this.#lines.size;
  }

  line(host: HostId): Line | undefined {
    return this.#lines.get(host);
  }

  /** Puts a new line in. Returns the one that it replaces. */
  add(line: Line): Line | undefined {
    const before = this.#lines.get(line.host);
    this.#lines.set(line.host, line);
    return before;
  }

  remove(line: Line): void {
    if (this.#lines.get(line.host) === line) this.#lines.delete(line.host);
  }

  endAll(code: string, message: string): void {
    for (const line of this.#lines.values()) line.end(code, message);
  }
}
