// The one error of everything that comes over the wire and is not what it should be.

/** Says where (the field's path), what is wrong, and what would be right. Nothing of the message may be used. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  /** Path of the field, as agent.proto and admin.proto spell it: `order.decision.hash`. */
  readonly path: string;

  constructor(path: string, wrong: string, right: string) {
    super(`${path}: ${wrong}; want ${right}`);
    this.path = path;
  }
}
