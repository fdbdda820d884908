// What a reader makes of one item of its corpus, in a form that is the same on every host.

export interface Conformance {
  /** Name of the item in the corpus. */
  readonly item: string;
  /** Canonical JSON value: what was read, or the codes of the problems. No path, no message. */
  readonly made: unknown;
}
