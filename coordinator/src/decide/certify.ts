// How trust is earned: a (cell, generation, reader version) whose known-live servos were judged live, without a break and
// for long enough, and of which an operator confirmed a true orphan. What breaks it starts the time again; an edited query
// or mapping voids all of it.
import { duration } from '../domain/answer.ts';
import { modes, type Mode, type Track } from '../domain/operator.ts';
import type { GenerationFacts, RoundContext } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { mustBeFound } from './gates/evidence/two-way-match.ts';

/** The tracks after this round: those of `facts` moved on, all others as they were. */
export function advanceTracks(facts: readonly GenerationFacts[], context: RoundContext): readonly Track[] {
  const key = (t: Pick<Track, 'cell' | 'generation' | 'readerVersion'>): string =>
    `${t.cell} ${t.generation} ${t.readerVersion}`;
  const tracks = new Map(context.operator.tracks.map((t) => [key(t), t]));
  for (const fact of facts) tracks.set(key(fact), advance(tracks.get(key(fact)), fact, context));
  return [...tracks.values()];
}

function advance(
  before: Track | undefined,
  fact: GenerationFacts,
  { now, policy, mappingHash, unseenMs }: RoundContext,
): Track {
  const { cell, generation, readerVersion } = fact;
  const fresh: Track = {
    cell,
    generation,
    readerVersion,
    since: undefined,
    message: 'nothing earned yet',
    mappingHash,
    certified: 'observe',
    confirmedOrphan: undefined,
  };
  const track = before?.mappingHash === mappingHash ? before : fresh;
  const broken = whatBreaks(fact, policy);
  if (broken !== undefined) return { ...track, since: undefined, message: broken };
  // What could not be seen is no proof, and no fault either: the time does not count.
  if (unseenMs > 0 && track.since !== undefined)
    return { ...track, since: track.since + unseenMs, message: 'paused: a witness has no fresh snapshot' };
  const since = track.since ?? now.waitMs;
  const earned = earnedBy(now.waitMs - since, track, policy);
  const certified = modes.indexOf(earned) > modes.indexOf(track.certified) ? earned : track.certified;
  return { ...track, since, certified, message: progress(certified, track, fact, policy) };
}

/** Why this round does not count towards trust. Undefined: it counts. */
function whatBreaks(fact: GenerationFacts, policy: Policy): string | undefined {
  const { expected, found, hostsExpected, hostsFound } = fact;
  if (expected === 0) return 'the authority expects no servo on any of its hosts';
  const mustMatch = Math.max(1, mustBeFound(expected, policy.certifyMatchShare));
  if (found < mustMatch)
    return `of ${expected} servos expected, only ${found} were found and judged live, fewer than ${mustMatch}`;
  // All but one is enough for a match, so it is enough for "all" here too.
  const servos = Math.min(mustMatch, policy.certifyServos);
  if (found < servos) return `${found} known-live servos judged live, fewer than ${servos}`;
  const hosts = Math.min(hostsExpected, policy.certifyHosts);
  if (hostsFound < hosts) return `${hostsFound} of its hosts are fresh and complete, fewer than ${hosts}`;
  if (fact.swappedHosts.length > 0)
    return `${fact.swappedHosts.join(', ')} has missed an expected servo for too long`;
  return undefined;
}

function earnedBy(heldMs: number, track: Track, policy: Policy): Mode {
  if (track.confirmedOrphan === undefined || heldMs < policy.certifyProposeMs) return 'observe';
  return heldMs < policy.certifyEnforceMs ? 'propose' : 'enforce';
}

function progress(certified: Mode, track: Track, fact: GenerationFacts, policy: Policy): string {
  const judged = `${fact.found} of ${fact.expected} known-live servos on ${fact.hostsFound} hosts judged live without a break`;
  const confirm = track.confirmedOrphan === undefined ? '; no true orphan of it was confirmed yet' : '';
  const next = certified === 'observe' ? policy.certifyProposeMs : policy.certifyEnforceMs;
  return certified === 'enforce' ? judged : `${judged}; needs ${duration(next)} of that${confirm}`;
}
