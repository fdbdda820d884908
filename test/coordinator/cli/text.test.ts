// Text fits, nothing is cut, and what comes from outside cannot command a terminal.
import * as fc from 'fast-check';
import t from 'tap';
import { painter } from '../../../coordinator/src/cli/io.ts';
import { table } from '../../../coordinator/src/cli/table.ts';
import {
  beside,
  clean,
  count,
  moment,
  screenColumns,
  widthOf,
  wrap,
} from '../../../coordinator/src/cli/text.ts';

const plain = painter({ colours: false });
const coloured = painter({ colours: true });
const squeezed = (text: string): string => text.replace(/\s/g, '');

t.test('clean: no character gets through that commands a terminal', async (t) => {
  t.equal(clean('a\u001b[2Jb\u0007c\u202ed\ne\tf'), 'a\ufffd[2Jb\ufffdc\ufffdd e f');
  t.equal(clean('grün – ✓'), 'grün – ✓');
});

t.test('wrap: no line is longer, nothing is lost, words stay whole where they can', async (t) => {
  t.strictSame(wrap('one two three', 7), ['one two', 'three']);
  t.strictSame(wrap('abcdefghij', 4), ['abcd', 'efgh', 'ij']);
  t.strictSame(wrap('', 4), ['']);
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
      fc.integer({ min: 1, max: 40 }),
      (text, width) => {
        const lines = wrap(text, width);
        return (
          lines.every((line) => widthOf(line) <= width) && squeezed(lines.join('')) === squeezed(clean(text))
        );
      },
    ),
  );
});

t.test('table: any cells fit the screen, and nothing of them is lost', async () => {
  const word = fc.string({
    unit: fc.constantFrom('a', 'b', 'c', '-', '1', '2'),
    minLength: 1,
    maxLength: 150,
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, word, word, word, word, word), { minLength: 1, maxLength: 5 }),
      (rows) => {
        const shown = table(['A', 'B', 'C', 'D', 'E', 'F'], rows, plain, '');
        const wide = shown.split('\n').find((line) => widthOf(line) > screenColumns);
        const letters = (text: string): string => squeezed(text).split('').sort().join('');
        return wide === undefined && letters(shown) === letters(`ABCDEF${rows.flat().join('')}`);
      },
    ),
  );
});

t.test('table: heads, dashes for what is not known, and a sentence where there is nothing', async (t) => {
  t.equal(
    table(
      ['UID', 'N'],
      [
        ['s-1', undefined],
        ['s-22', 7],
      ],
      plain,
      '',
    ),
    'UID   N\ns-1   -\ns-22  7\n',
  );
  t.equal(table(['UID'], [], plain, 'no servo'), 'no servo\n');
});

t.test('colours take no room, and are left out where there is no terminal', async (t) => {
  const rows = [[{ text: 'x', colour: 'red' as const }, 'y']];
  const shown = table(['AA', 'B'], rows, coloured, '');
  t.match(shown, '\u001b[31mx\u001b[39m');
  t.equal(shown.split('\n').map(widthOf)[1], table(['AA', 'B'], rows, plain, '').split('\n').map(widthOf)[1]);
  t.notMatch(table(['AA', 'B'], rows, plain, ''), '\u001b');
});

t.test('beside: the first line stands beside its head, the others under it', async (t) => {
  const lines = beside('  x', 'w '.repeat(60), 10).split('\n');
  t.match(lines[0], /^ {2}x {7}w w/);
  t.match(lines[1], /^ {10}w/);
  t.ok(lines.every((line) => line.length <= screenColumns));
});

t.test('small words', async (t) => {
  t.equal(count(1, 'servo'), '1 servo');
  t.equal(count(0, 'servo'), '0 servos');
  t.equal(moment(0), '1970-01-01 00:00:00Z');
});
