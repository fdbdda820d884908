// Where commands write, and how they fail.
export interface Out {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** It could not be done, or was refused: exit code 1. The message says what would be right. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

/** What was typed cannot be right: exit code 2. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
}
