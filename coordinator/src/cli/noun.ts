// What the commands of every noun share: a session that is closed at the end, values that are checked before anything is asked,
// and how an act is reported.
import { Option, type Command } from 'commander';
import type { ActReply, Next } from '@servo-auditor/proto/admin.ts';
import { isId, spellingOf, type IdKind, type IdKinds } from '@servo-auditor/proto/ids.ts';
import { maxRowsPerPage } from '@servo-auditor/proto/limits.ts';
import { durationSpelling, parseDuration } from '@servo-auditor/proto/options.ts';
import { Ends } from './exit.ts';
import type { Io } from './io.ts';
import { nextText, Session, type GlobalFlags } from './session.ts';
import { paragraph } from './text.ts';

/** Makes commander's action of what a command does in a session. */
export type Run = <Args extends unknown[]>(
  work: (session: Session, ...args: Args) => Promise<void>,
) => (...args: [...Args, Command]) => Promise<void>;

export function runner(io: Io): Run {
  return <Args extends unknown[]>(work: (session: Session, ...args: Args) => Promise<void>) =>
    async (...args: [...Args, Command]) => {
      const command = args.at(-1) as Command;
      const session = new Session(command.optsWithGlobals<GlobalFlags>(), io);
      try {
        await work(session, ...(args.slice(0, -1) as unknown as Args));
      } finally {
        session.close();
      }
    };
}

/** Every act wants one. */
export const reasonOption = ['--reason <text>', 'why; kept in the audit log'] as const;

/** Throws `Ends` for no reason at all, or the placeholder of a copied command. */
export function reasonOf(text: string): string {
  if (!/^[.…\s]*$/.test(text)) return text;
  throw new Ends(
    'usage',
    `--reason ${JSON.stringify(text)}: want why, in a few words; it is kept in the audit log`,
  );
}

/** A checked id. Throws `Ends` with what would be right. */
export function given<K extends IdKind>(kind: K, text: string): IdKinds[K] {
  if (isId(kind, text)) return text;
  throw new Ends('usage', `${JSON.stringify(text.slice(0, 80))} is no ${kind}: want ${spellingOf(kind)}`);
}

export function optionally<K extends IdKind>(kind: K, text: string | undefined): IdKinds[K] | undefined {
  return text === undefined ? undefined : given(kind, text);
}

/** One of these words. */
export function wordOf<W extends string>(words: readonly W[], text: string, what: string): W {
  const word = words.find((known) => known === text);
  if (word !== undefined) return word;
  throw new Ends('usage', `${JSON.stringify(text)} is no ${what}: want one of ${words.join(', ')}`);
}

export function wholeOf(text: string, what: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new Ends('usage', `${what} ${JSON.stringify(text)}: want a whole number from ${min} to ${max}`);
}

export function durationOf(text: string, what: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new Ends('usage', `${what} ${JSON.stringify(text)}: want ${durationSpelling}`);
}

/** Says in so many words what a list without a filter does anyhow; never beside a filter. */
export function allOption(...filters: readonly string[]): Option {
  return new Option('--all', 'all of them: what it does without a filter').conflicts([...filters]);
}

export const limitOption = ['--limit <n>', `at most so many, 1 to ${maxRowsPerPage}`, '200'] as const;

export function limitOf(text: string): number {
  return wholeOf(text, '--limit', 1, maxRowsPerPage);
}

/** What to say of an act that was done. */
export async function showAct(session: Session, reply: ActReply): Promise<void> {
  await session.show(reply, (paint) => {
    const done = paragraph(`Done (decision ${reply.decision.version}): ${reply.message}.`);
    return `${done}\n${nextSection(reply.next, paint)}`;
  });
}

export function nextSection(next: readonly Next[], paint: Session['paint']): string {
  return next.length === 0 ? '' : `\n${paint('bold', 'Next')}\n${nextText(next, paint)}`;
}
