// Manual pages, in roff: of a program, from its commands, and of its configuration, from its option table.
import { helpOf, type Table } from '@servo-auditor/proto/options.ts';
import { flatten, type Described } from './commands.ts';

export interface Page {
  readonly name: string;
  readonly section: number;
  /** One line, behind the name. */
  readonly purpose: string;
  readonly seeAlso: readonly string[];
  readonly version: string;
  /** Seconds since 1970. */
  readonly date: number;
}

/** @param exits lines about exit codes, files and signals: sections of the program's own. */
export function manOf(
  page: Page,
  program: Described,
  sections: Readonly<Record<string, readonly string[]>>,
): string {
  const commands = flatten(program).filter((each) => each.below.length === 0 && each !== program);
  return [
    ...headOf(page),
    '.SH SYNOPSIS',
    `.B ${text(page.name)}`,
    '[options] command [arguments]',
    '.SH DESCRIPTION',
    text(program.help),
    '.SH OPTIONS',
    ...flagsOf(program),
    '.SH COMMANDS',
    ...commands.flatMap((each) => [
      `.SS ${text([...each.path.slice(1), ...each.operands].join(' '))}`,
      text(each.help),
      ...flagsOf(each),
    ]),
    ...Object.entries(sections).flatMap(([title, lines]) => [`.SH ${title}`, ...paragraphs(lines)]),
    ...seeAlso(page),
  ].join('\n');
}

/** The page of a configuration file. */
export function configManOf(page: Page, file: string, table: Table): string {
  const options: string[] = [];
  for (const line of helpOf(table).trimEnd().split('\n'))
    if (line.startsWith(' ')) options.push(text(line.trim()));
    else options.push('.TP', `.B ${text(line)}`);
  return [
    ...headOf(page),
    '.SH SYNOPSIS',
    `.I ${text(file)}`,
    '.SH DESCRIPTION',
    'A file in YAML. Every option is listed here with its type, bounds and default. Paths are absolute or relative to the file;',
    'durations are a number with ms, s, min, h or d. An unknown key is an error.',
    '.SH OPTIONS',
    ...options,
    ...seeAlso(page),
  ].join('\n');
}

function headOf({ name, section, purpose, version, date }: Page): readonly string[] {
  const day = new Date(date * 1000).toISOString().slice(0, 10);
  return [
    `.TH ${name.toUpperCase()} ${section} ${day} "Servo Auditor ${version}" "Servo Auditor"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${text(name)} \\- ${text(purpose)}`,
  ];
}

function flagsOf({ flags }: Described): readonly string[] {
  return flags.flatMap(({ spelling, help }) => ['.TP', `.B ${text(spelling)}`, text(help)]);
}

function paragraphs(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, i) => (i === 0 ? [text(line)] : ['.PP', text(line)]));
}

function seeAlso({ seeAlso }: Page): readonly string[] {
  const pages = seeAlso.map((name) => text(name)).join(', ');
  return ['.SH SEE ALSO', pages, ''];
}

/** Nothing of it is a request, and no dash a hyphen. */
function text(words: string): string {
  const escaped = words.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/’/g, "'").replace(/…/g, '...');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
