// Texts that are almost right, and texts that hurt: empty, blank, long, with line breaks, zeros, wrong signs, other scripts.
import type { Random } from '../random.ts';

const hurtful: readonly string[] = [
  '',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r\n',
  '\0',
  'a\0b',
  '.',
  '..',
  '../..',
  '/',
  '//',
  '-',
  '--',
  '--all',
  '*',
  '%',
  '?',
  '#',
  '"',
  "'",
  '`',
  '\\',
  '{}',
  '[]',
  'null',
  'undefined',
  'true',
  'false',
  'NaN',
  '0',
  '-0',
  '-1',
  '1',
  '00',
  '01',
  '1.5',
  '1e3',
  '1e999',
  '0x10',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551615',
  '99999999999999999999',
  'all',
  'none',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'ü',
  '\u00fc\u0308',
  '\ud83d\ude00',
  '\ud800',
  '\udc00x',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\u0007',
  '\u001b[31m',
  'a=b',
  '=',
  'a:b',
  ': ',
  '- a',
  '&a',
  '*a',
  '!!js/function',
  '<<',
  '$(id)',
  '; id',
  '%00',
  '%2e%2e',
  "' OR 1=1 --",
  '9999-99-99',
  '1 h',
  '0 ms',
  '999999999999 d',
  '1 month',
  '5',
  'A'.repeat(64),
  'a'.repeat(63),
  'a'.repeat(64),
  'a'.repeat(128),
  'a'.repeat(129),
  'a'.repeat(501),
  'a'.repeat(1025),
];

/** A text that hurts. */
export function hurtfulText(random: Random): string {
  if (random.once(400))
    return random.pick(['x', 'ü', '(', ' ', 'a/', '{"a":', '0']).repeat(1 + random.below(5000));
  return random.pick(hurtful);
}

/** The text with one to three changes; sometimes none at all of it is left. */
export function mutateText(random: Random, text: string): string {
  let now = text;
  for (let n = 1 + random.small(3); n > 0; n--) now = once(random, now);
  return now;
}

function once(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + random.small(8));
  switch (random.below(9)) {
    case 0:
      return hurtfulText(random);
    case 1:
      return text.slice(0, at) + hurtfulText(random) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(to);
    case 3:
      return text.slice(0, at) + text.slice(at, to) + text.slice(at);
    case 4:
      return text.slice(0, at);
    case 5:
      return text.slice(at);
    case 6:
      return (
        text.slice(0, at) +
        String.fromCharCode(random.below(random.once(4) ? 0x10000 : 0x100)) +
        text.slice(at + 1)
      );
    case 7:
      return random.once(2) ? text.toUpperCase() : text.toLowerCase();
    default: {
      // Digits count: one more or one less is often the border.
      const digits = [...text.matchAll(/\d/g)];
      if (digits.length === 0) return `${text} `;
      const { index } = random.pick(digits);
      return text.slice(0, index) + String(random.below(10)) + text.slice(index + 1);
    }
  }
}
