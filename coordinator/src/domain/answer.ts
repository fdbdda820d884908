// What a gate answers: pass, pass but capped at propose, or refuse; always with the numbers behind it.
// The sentences hold {names} of numbers, so that an answer is data: small, comparable, and rendered only for people.

export type Outcome = 'pass' | 'cap' | 'refuse';

/** Numbers by name; a name ending in `Ms` is a duration, in `Share` a share. */
export type Numbers = Readonly<Record<string, number | string>>;

export interface Answer {
  readonly outcome: Outcome;
  /** What was found, for example `last heartbeat {ageMs} ago, at most {limitMs}`. */
  readonly says: string;
  /** Who can lift it and how. Empty for a pass. */
  readonly lifts: string;
  readonly numbers: Numbers;
}

export function pass(says: string, numbers: Numbers = none): Answer {
  return { outcome: 'pass', says, lifts: '', numbers };
}
/** Passes, but nothing happens without an approval. */
export function cap(says: string, lifts: string, numbers: Numbers = none): Answer {
  return { outcome: 'cap', says, lifts, numbers };
}
export function refuse(says: string, lifts: string, numbers: Numbers = none): Answer {
  return { outcome: 'refuse', says, lifts, numbers };
}

const none: Numbers = Object.freeze({});

/** The sentence with its numbers filled in. Throws when the sentence names a number that the answer does not have. */
export function render(sentence: string, numbers: Numbers): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = numbers[name];
    if (value === undefined) throw new Error(`"${sentence}" names ${name}, which is not among its numbers`);
    if (typeof value === 'string') return value;
    if (name.endsWith('Ms')) return duration(value);
    if (name.endsWith('Share')) return `${Number((value * 100).toFixed(1))} %`;
    return String(value);
  });
}

/** A duration for people: `0.4 s`, `41 s`, `12 min`, `1 h 05 min`, `3 d 2 h`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever';
  if (ms < 10_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const s = Math.floor(ms / 1000);
  if (s < 120) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 === 0 ? `${h} h` : `${h} h ${String(min % 60).padStart(2, '0')} min`;
  return h % 24 === 0 ? `${Math.floor(h / 24)} d` : `${Math.floor(h / 24)} d ${h % 24} h`;
}
