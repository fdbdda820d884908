/** Why a stop is not confirmed: a stable code, and a sentence with its numbers. */
export class No extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
