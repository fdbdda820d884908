// Where and of what a part was run: a figure without its machine and its commit says nothing.
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

export interface Source {
  readonly commit: string;
  /** Files differed from that commit. */
  readonly changed: boolean;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    processor: all[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    kernel: `${type()} ${release()}`,
    node: process.version,
  };
}

/** @param page the report itself: that it was written anew changes nothing of what was run. */
export function thisSource(root: string, page: string): Source {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  return {
    commit: git('rev-parse', 'HEAD'),
    changed: git('status', '--porcelain', '--', '.', `:!${page}`) !== '',
  };
}
