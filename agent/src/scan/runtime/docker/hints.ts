// Listens to the engine's events, to know when its list of containers must be read again. Events are hints: one may be
// missed, so a list is never relied on for longer than `fullEveryMs`, and never while the stream of events is broken.
import type { IncomingMessage } from 'node:http';
import type { Client } from './client.ts';
import type { Listed } from './answers.ts';

/** Bytes of one event. One that is longer ends the stream: what it says is not known. */
const maxEventBytes = 1024 * 1024;
/** Beginnings of what happens to containers all the time and changes nothing of what is read here. */
const harmless = [
  'exec_',
  'exec',
  'health_status',
  'top',
  'attach',
  'detach',
  'resize',
  'copy',
  'archive-path',
  'export',
];

export interface Hints {
  /** The last list, where nothing has happened since and it is not too old. */
  last(): readonly Listed[] | undefined;
  /** Must be called before a list is asked for; then `remember` with what came. Never rejects. */
  begin(): Promise<void>;
  remember(rows: readonly Listed[]): void;
  close(): void;
}

/** @param fullEveryMs how long a list may be relied on. */
export function listen(client: Client, fullEveryMs: number): Hints {
  const closing = new AbortController();
  let stream: IncomingMessage | undefined;
  let rows: readonly Listed[] | undefined;
  let readAt = 0;
  /** Something happened since `begin`. */
  let stirred = false;
  const end = () => {
    stream?.destroy();
    stream = undefined;
    rows = undefined;
  };
  const open = async () => {
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'] }));
    const opened = await client.open(`/events?filters=${filters}`, closing.signal);
    stream = opened;
    let text = '';
    opened.setEncoding('utf8');
    opened.on('data', (part: string) => {
      text += part;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      if (lines.some(matters)) {
        stirred = true;
        rows = undefined;
      }
      if (text.length > maxEventBytes) opened.destroy();
    });
    const over = () => {
      if (stream === opened) end();
    };
    opened.on('error', over);
    opened.on('close', over);
    // A process that only lists once may end while this is open.
    opened.socket.unref();
  };
  return {
    last: () => (performance.now() - readAt < fullEveryMs ? rows : undefined),
    async begin() {
      stirred = false;
      // Without events every reading is a full one; the list itself says what is wrong.
      if (stream === undefined) await open().catch(end);
    },
    remember(read) {
      if (stirred || stream === undefined) return;
      rows = read;
      readAt = performance.now();
    },
    close() {
      closing.abort();
      end();
    },
  };
}

/** What cannot be understood matters. */
function matters(line: string): boolean {
  if (line.trim() === '') return false;
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== 'object' || event === null) return true;
    const action = 'Action' in event ? event.Action : 'status' in event ? event.status : undefined;
    if (typeof action !== 'string') return true;
    const [word = ''] = action.split(':');
    return !harmless.some((one) => (one.endsWith('_') ? word.startsWith(one) : word === one));
  } catch {
    return true;
  }
}
