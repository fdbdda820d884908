// What the README tells an operator to do, taken from it as it stands there: commands, and files whose first line names them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

export type Block =
  | { readonly kind: 'sh'; readonly text: string }
  | { readonly kind: 'yaml'; readonly file: string; readonly text: string };

/** What stands below a heading, of whatever level, up to the next. Throws when there is no such heading. */
export function bodyOf(section: string): string {
  const parts = text.split(/\n##+ /);
  const found = parts.find((part) => part.startsWith(`${section}\n`));
  if (found === undefined) throw new Error(`the README has no section "${section}"`);
  return found;
}

/** The blocks of a section, in their order. Throws when there is no such section, or a block of another kind. */
export function blocksOf(section: string): readonly Block[] {
  return [...bodyOf(section).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, kind, block = '']) => {
    if (kind === 'sh') return { kind, text: block };
    const [, file] = /^# (\S+)\n/.exec(block) ?? [];
    if (kind !== 'yaml' || file === undefined)
      throw new Error(`README, ${section}: a block that is neither sh nor yaml with a file:\n${block}`);
    return { kind, file, text: block };
  });
}

/** The one block of commands of a section that begins so. */
export function commandsOf(section: string, beginning: string): string {
  const found = blocksOf(section).filter((block) => block.kind === 'sh' && block.text.startsWith(beginning));
  if (found.length !== 1)
    throw new Error(`README, ${section}: ${found.length} blocks begin with "${beginning}"`);
  return found[0]?.text ?? '';
}
