// A commented sample file and the help, from the same table that reads the file.
// In the sample `# text`, with one blank, is a remark; any other # switches an option off, which stands there at its default or
// with an example: take the # away.
import type { Entry, Table } from './entry.ts';

/** The whole file, ready to be written. */
export function sampleOf(table: Table): string {
  return `${sampleLines(table).join('\n').trim()}\n`;
}

/** YAML lines of a table, without indentation. */
export function sampleLines(table: Table): readonly string[] {
  return Object.entries(table).flatMap(([name, entry]) => {
    const off = entry.absence.kind !== 'required';
    const [first = ''] = entry.sample;
    const nested = entry.tables.length > 0;
    const lines = nested
      ? [`${name}:`, ...entry.sample.map((line) => (line === '' ? '' : `  ${line}`))]
      : [`${name}: ${first}`];
    const remarks = wrap(remark(entry), 98).map((line) => `# ${line}`);
    return ['', ...remarks, ...(off ? lines.map(commented) : lines)];
  });
}

function commented(line: string): string {
  return line === '' ? '#' : `#${line}`;
}

function remark(entry: Entry<unknown>): string {
  const sentences = [entry.help];
  if (entry.tables.length === 0) sentences.push(entry.says);
  if (entry.absence.kind === 'none') sentences.push('may be left out');
  return sentences.map((each) => (/[.?!]$/.test(each) ? capital(each) : `${capital(each)}.`)).join(' ');
}

/** One paragraph per option: path, type, bounds, default, what it is. At most 100 columns. */
export function helpOf(table: Table, prefix = ''): string {
  return Object.entries(table)
    .map(([name, entry]) => {
      const own = `${prefix}${name}`;
      const below = entry.tables.map((inner) => helpOf(inner.table, `${own}${inner.prefix}`)).join('');
      if (entry.tables.length > 0) return `${own}\n${indented(entry.help)}${below}`;
      return `${own}\n${indented(`${entry.help} (${entry.says}; ${absenceOf(entry)})`)}`;
    })
    .join('');
}

function absenceOf(entry: Entry<unknown>): string {
  switch (entry.absence.kind) {
    case 'required':
      return 'required';
    case 'default':
      return `default ${entry.absence.written}`;
    case 'none':
      return 'may be left out';
  }
}

function indented(text: string): string {
  return wrap(text, 94)
    .map((line) => `      ${line}\n`)
    .join('');
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
