// What a command may touch of the world around it, so that tests give it another.
import { styleText } from 'node:util';

export interface Io {
  /** Writes to standard output, as it is. */
  out(text: string): void;
  /** Writes to standard error, as it is. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output is a terminal: colours are used. */
  readonly colours: boolean;
  /** Ends a command that would go on for ever (`watch`). */
  readonly signal: AbortSignal;
}

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim' | 'inverse';

/** Paints text on a terminal, and leaves it as it is elsewhere. */
export type Paint = (colour: Colour, text: string) => string;

export function painter({ colours }: Pick<Io, 'colours'>): Paint {
  return (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text);
}

/** The process's own. Colours only on a terminal, and not where NO_COLOR asks for none. */
export function processIo(signal: AbortSignal): Io {
  const noColour = process.env['NO_COLOR'] ?? '';
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    colours: process.stdout.isTTY && noColour === '',
    signal,
  };
}
