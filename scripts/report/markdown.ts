// Any JSON object as Markdown: plain values as a list, lists of objects as tables, whatever is deeper under a heading of its own. No
// part needs to know how it will be shown.

type Row = Readonly<Record<string, unknown>>;

/** Rows of one table; more are counted, not shown. */
const maxRows = 400;
const maxCellChars = 300;

/** @param level of the headings below which it stands. */
export function toMarkdown(value: Row, level: number): readonly string[] {
  const entries = Object.entries(value).filter(([, v]) => v !== undefined && v !== null);
  const plain = entries.filter(([, v]) => isPlain(v));
  const lines: string[] = [];
  if (plain.length > 0)
    lines.push(...table(plain.map(([name, v]) => ({ figure: words(name), value: cell(v) }))), '');
  for (const [name, v] of entries) if (!isPlain(v)) lines.push(...section(name, v, level));
  return lines;
}

function section(name: string, value: unknown, level: number): readonly string[] {
  const heading = `${'#'.repeat(Math.min(6, level))} ${words(name)}`;
  const body = Array.isArray(value) ? list(value) : object(value as Row, level + 1);
  return body.length === 0 ? [] : [heading, '', ...body, ''];
}

function list(values: readonly unknown[]): readonly string[] {
  if (values.length === 0) return ['None.'];
  const shown = values.slice(0, maxRows);
  const more = values.length > maxRows ? ['', `${values.length - maxRows} more.`] : [];
  if (values.every(isRow)) return [...table(shown as readonly Row[]), ...more];
  return [...shown.map((v) => `- ${cell(v)}`), ...more];
}

/** Rows under names, where every value is one of the same kind; else figures. */
function object(value: Row, level: number): readonly string[] {
  const entries = Object.entries(value);
  if (entries.length === 0) return [];
  const rows = entries.every(([, v]) => isRow(v) && Object.values(v).every(isPlain));
  if (rows) return table(entries.map(([name, v]) => ({ name, ...(v as Row) })));
  return toMarkdown(value, level);
}

function table(rows: readonly Row[]): readonly string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(words)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => cell(row[column])))),
  ];
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value)
        ? value.map(cell).join(', ')
        : JSON.stringify(value);
  const short = text.length > maxCellChars ? `${text.slice(0, maxCellChars)} …` : text;
  // What stands in a table must not end its cell, nor be taken for markup.
  return short.replaceAll(/\s+/g, ' ').replaceAll(/[\\|*_<>`[\]]/g, (c) => `\\${c}`);
}

/** Whole numbers in groups of three, others with as many digits as tell something. */
export function number(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return String(Number(value.toPrecision(4)));
}

/** `maxExposureMs` -> `max exposure (ms)`. */
export function words(name: string): string {
  const unit = /(Ms|Seconds|Bytes|GiB)$/.exec(name)?.[1];
  const bare = unit === undefined ? name : name.slice(0, -unit.length);
  const text = bare.replaceAll(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  const units: Readonly<Record<string, string>> = { Ms: 'ms', Seconds: 's', Bytes: 'bytes', GiB: 'GiB' };
  return unit === undefined ? text : `${text} (${units[unit] ?? unit})`;
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
