// servo-agent hold and unhold: files, which the agent reads at every order. They need no agent.
import { userInfo } from 'node:os';
import { spellingOf } from '@servo-auditor/proto/ids.ts';
import { holdScope, type HoldScope } from '../act/holds.ts';
import { holdsOf } from '../bench.ts';
import { loadConfig } from '../config.ts';
import { Failed, Wrong, type Out } from './out.ts';

export function hold(
  word: string,
  { config, reason }: { readonly config: string; readonly reason: string },
  out: Out,
): void {
  const scope = scopeOf(word);
  const file = holdsOf(loadConfig(config)).put(scope, `${userInfo().username}: ${reason}`);
  out.stdout.write(`Held by ${file}. To lift that: servo-agent unhold ${word}\n`);
}

export function unhold(word: string, { config }: { readonly config: string }, out: Out): void {
  const holds = holdsOf(loadConfig(config));
  const scope = scopeOf(word);
  if (!holds.lift(scope)) throw new Failed(`${word} was not held: there is no ${holds.fileOf(scope)}`);
  out.stdout.write(`${word} is no longer held on this host.\n`);
}

function scopeOf(word: string): HoldScope {
  const scope = holdScope(word);
  if (scope === undefined)
    throw new Wrong(`"${word}" is no servo: want "all", or ${spellingOf('servo uid')}`);
  return scope;
}
