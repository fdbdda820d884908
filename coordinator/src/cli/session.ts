// One command's connection to the coordinator, and its screen: a table for people, or one JSON document (for `watch` and
// `audit export` one a line). The flags of a demo and of a freeze stand on every screen.
import {
  adminClient,
  CallFailed,
  type AdminClient,
  type FreezeNote,
  type Next,
  type ReplyOf,
  type RequestOf,
  type StreamName,
  type UnaryName,
} from '@servo-auditor/proto/admin.ts';
import { Malformed } from '@servo-auditor/proto/decode.ts';
import { adminChannelOptions, clientCredentials, readTls, TlsUnfit } from '@servo-auditor/proto/tls.ts';
import { Ends, type Ending } from './exit.ts';
import { painter, type Io, type Paint } from './io.ts';
import { settingsOf, type Flags } from './settings.ts';
import { clean, moment, paragraph, screenColumns } from './text.ts';

export interface GlobalFlags extends Flags {
  readonly json?: true;
}

export class Session {
  readonly io: Io;
  readonly paint: Paint;
  readonly #json: boolean;
  readonly #timeoutMs: number;
  readonly #client: AdminClient;
  readonly #address: string;

  /** Connects with the first call. Throws `Ends` when the settings or the certificate are not right. */
  constructor(flags: GlobalFlags, io: Io) {
    const { address, timeoutMs, tls } = settingsOf(flags, io.env);
    this.io = io;
    this.paint = painter(io);
    this.#json = flags.json === true;
    this.#timeoutMs = timeoutMs;
    this.#address = address;
    try {
      this.#client = adminClient(address, clientCredentials(readTls(tls)), adminChannelOptions());
    } catch (cause) {
      if (cause instanceof TlsUnfit) throw new Ends('usage', cause.message, { cause });
      throw cause;
    }
  }

  async call<M extends UnaryName>(method: M, request: RequestOf<M>): Promise<ReplyOf<M>> {
    try {
      return await this.#client.call(method, request, this.#timeoutMs);
    } catch (error) {
      throw this.#ended(error);
    }
  }

  /** Ends when the command is told to end. */
  async *stream<M extends StreamName>(method: M, request: RequestOf<M>): AsyncIterable<ReplyOf<M>> {
    try {
      yield* this.#client.stream(method, request, this.io.signal);
    } catch (error) {
      throw this.#ended(error);
    }
  }

  /** Shows an answer: as JSON, or below the flags of this installation. */
  async show(reply: object, human: (paint: Paint) => string): Promise<void> {
    if (this.#json) {
      this.io.out(jsonLine(reply));
      return;
    }
    const flags = 'attention' in reply ? (reply as ReplyOf<'Status'>) : await this.call('Status', {});
    this.io.out(bannerOf(flags, this.paint) + human(this.paint));
  }

  /** One line of many. */
  line(reply: object, human: (paint: Paint) => string): void {
    this.io.out(this.#json ? jsonLine(reply) : human(this.paint));
  }

  close(): void {
    this.#client.close();
  }

  #ended(error: unknown): unknown {
    if (error instanceof CallFailed) {
      const ending = endings[error.status] ?? 'refused';
      const where = ending === 'unreachable' ? `the coordinator at ${this.#address} does not answer: ` : '';
      return new Ends(ending, where + error.message, { cause: error });
    }
    if (error instanceof Malformed)
      return new Ends(
        'refused',
        `the coordinator's answer cannot be read (of another release?): ${error.message}`,
        { cause: error },
      );
    return error;
  }
}

/** One line of JSON, in which no character commands a terminal. */
export function jsonLine(value: object): string {
  const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value).replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escaped)}\n`;
}

const endings: Readonly<Record<string, Ending | undefined>> = {
  INVALID_ARGUMENT: 'usage',
  UNAVAILABLE: 'unreachable',
  DEADLINE_EXCEEDED: 'unreachable',
};

interface Flagged {
  readonly demo: boolean;
  readonly factor?: number | undefined;
  readonly freeze?: FreezeNote | undefined;
}

function bannerOf({ demo, factor, freeze }: Flagged, paint: Paint): string {
  const lines: string[] = [];
  if (demo) lines.push(paint('yellow', `DEMO installation: waits pass ${factor ?? 'many'} times faster`));
  if (freeze !== undefined) {
    const text = `FROZEN by ${freeze.by} since ${moment(freeze.sinceWallMs)}: ${freeze.reason}`;
    lines.push(
      ...paragraph(text)
        .split('\n')
        .map((line) => paint('red', line)),
    );
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
}

/** The next commands, each ready to be copied: a long one goes on behind a backslash. */
export function nextText(next: readonly Next[], paint: Paint): string {
  return next
    .map(({ command, why }) => `${paint('cyan', commandLines(command))}\n${paragraph(why, 6)}\n`)
    .join('');
}

function commandLines(command: string): string {
  const lines: string[] = [];
  let line = ' ';
  for (const word of clean(command).split(/ (?=--)/)) {
    if (line.length + 1 + word.length > screenColumns - 2 && line.trim() !== '') {
      lines.push(`${line} \\`);
      line = '     ';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
