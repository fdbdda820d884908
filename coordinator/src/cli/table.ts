// A table that fits the screen: narrow columns keep their width, wide ones share what is left and wrap. Nothing is cut.
import { clean, screenColumns, widthOf, wrap } from './text.ts';
import type { Colour, Paint } from './io.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}
export type Row = readonly (string | number | Cell | undefined)[];

const gap = 2;
/** No column gets narrower: below this, wrapped text cannot be read. */
const minWidth = 6;

/** The table with a line of heads; undefined cells are shown as "-". Without rows: what there is none of. */
export function table(heads: readonly string[], rows: readonly Row[], paint: Paint, none: string): string {
  if (rows.length === 0) return `${none}\n`;
  const cells = rows.map((row) => heads.map((_, i) => cellOf(row[i])));
  const natural = heads.map((head, i) =>
    Math.max(widthOf(head), ...cells.map((row) => widthOf(clean(row[i]?.text ?? '')))),
  );
  const widths = fit(natural, screenColumns - gap * (heads.length - 1));
  const lines = cells.flatMap((row) => rowLines(row, widths, paint));
  const head = heads.map((text, i) => paint('bold', text) + pad(text, widths[i]));
  return `${[head.join(' '.repeat(gap)), ...lines].map((line) => line.trimEnd()).join('\n')}\n`;
}

function cellOf(value: Row[number]): Cell {
  if (value === undefined) return { text: '-' };
  return typeof value === 'object' ? value : { text: String(value) };
}

function rowLines(row: readonly Cell[], widths: readonly number[], paint: Paint): readonly string[] {
  const wrapped = row.map((cell, i) => wrap(cell.text, widths[i] ?? minWidth));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    row
      .map((cell, i) => {
        const text = wrapped[i]?.[line] ?? '';
        return (cell.colour === undefined ? text : paint(cell.colour, text)) + pad(text, widths[i]);
      })
      .join(' '.repeat(gap)),
  );
}

function pad(text: string, width = 0): string {
  return ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Takes from the widest columns until all fit. */
function fit(natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= minWidth) break;
    const at = widths.indexOf(widest);
    const second = Math.max(minWidth, ...widths.filter((_, i) => i !== at && widths[i] !== widest));
    const take = Math.min(over, Math.max(1, widest - second));
    widths[at] = widest - take;
    over -= take;
  }
  return widths;
}
