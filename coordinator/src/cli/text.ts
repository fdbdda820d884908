// Text for a screen of 100 columns. Whatever comes from hosts and witnesses is made harmless first: a control character in a
// message must not reach a terminal.

/** Every screen fits this many columns, on a terminal or not: an excerpt in a ticket looks like the screen. */
export const screenColumns = 100;

const escape = String.fromCodePoint(0x1b);
const colours = new RegExp(`${escape}\\[\\d+m`, 'g');

/** The text in one line, without characters that command a terminal or turn the direction of writing. */
export function clean(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\ufffd');
}

/** Columns that a text takes, one for each code point. Colours take none. */
export function widthOf(text: string): number {
  return Array.from(text.replace(colours, '')).length;
}

/** Lines of at most `width` columns, broken at spaces, and inside of a word only where it is longer than a line. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of clean(text).split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const letters = Array.from(word);
    while (letters.length > width) lines.push(letters.splice(0, width).join(''));
    line = letters.join('');
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** Wrapped text, each line behind `indent` spaces. */
export function paragraph(text: string, indent = 0): string {
  const space = ' '.repeat(indent);
  return wrap(text, screenColumns - indent)
    .map((line) => space + line)
    .join('\n');
}

/** Wrapped text whose first line stands beside `head`, and whose further lines stand under it. */
export function beside(head: string, text: string, width: number): string {
  const [first = '', ...rest] = wrap(text, screenColumns - width);
  const lines = [`${head}${' '.repeat(Math.max(0, width - widthOf(head)))}${first}`];
  return [...lines, ...rest.map((line) => ' '.repeat(width) + line)].join('\n').replace(/ +$/gm, '');
}

/** `1 servo`, `2 servos`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** A digest, short: enough to tell two apart, never enough to name one. */
export function short(hash: string): string {
  return hash.slice(0, 12);
}

/** A moment by the coordinator's wall clock, in UTC. */
export function moment(wallMs: number): string {
  return new Date(wallMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
