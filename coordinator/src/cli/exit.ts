// How a command ends: the exit code is part of the interface, for scripts.

export const exitCodes = {
  /** Done; nothing is wrong. */
  done: 0,
  /** The coordinator refused, or what was asked for failed or does not verify. */
  refused: 1,
  /** The command itself is wrong: an option, a value, a missing reason. Nothing was asked. */
  usage: 2,
  /** No coordinator answered. Whether it did anything is not known. */
  unreachable: 3,
} as const;

export type Ending = keyof typeof exitCodes;

/** Ends the command. The message is for people: what is wrong and what would be right. */
export class Ends extends Error {
  readonly ending: Ending;

  constructor(ending: Ending, message: string, options?: ErrorOptions) {
    super(message, options);
    this.ending = ending;
  }
}

export const exitHelp = `
Exit codes: 0 done, nothing is wrong; 1 refused, failed, or does not verify; 2 wrong usage; 3 no coordinator answers.`;
