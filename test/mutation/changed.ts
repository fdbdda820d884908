// Which sources somebody is working on, so that these are tried: those that differ from a commit, else those of the last commit
// that changed some, else one, in turn.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './graph.ts';

/** Commits that are looked back. */
const maxBack = 50;

/** @param base a commit; without it the working tree against its last commit. */
export function changedSources(all: readonly string[], base = 'HEAD'): readonly string[] {
  const fitting = (names: string) => names.split('\n').filter((name) => all.includes(name));
  const now = fitting(git('diff', '--name-only', base));
  if (now.length > 0) return now;
  for (const commit of git('log', `--max-count=${maxBack}`, '--format=%H').split('\n').filter(Boolean)) {
    const then = fitting(git('show', '--format=', '--name-only', commit));
    if (then.length > 0) return then;
  }
  return inTurn(all);
}

/** One source, another one with every change of the repository. */
export function inTurn(all: readonly string[]): readonly string[] {
  const hash = createHash('sha256');
  for (const file of all) hash.update(readFileSync(join(root, file)));
  const one = all[hash.digest().readUInt32BE(0) % all.length];
  return one === undefined ? [] : [one];
}

/** Empty where there is no git, or no such commit: a copy of the sources has no history. */
function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', [...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
