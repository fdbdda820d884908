// The last coordinator that this host refused, kept for the operator who may accept it.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import { isId, type InstallationId } from '@servo-auditor/proto/ids.ts';
import type { DecisionMark, Welcome } from '@servo-auditor/proto/wire.ts';
import { codeOf } from '../scan/runtime/proc.ts';

export interface Offer {
  readonly installation: InstallationId;
  readonly epoch: number;
  readonly decision: DecisionMark;
}

export class Offers {
  readonly #path: string;
  #last: string | undefined;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'offer.json');
  }

  /** Written only when it is another one: a coordinator that is refused all day costs no disk writes. */
  note({ installation, epoch, decision }: Welcome): void {
    const text = canonicalJson({ installation, epoch, decision });
    if (text === this.#last) return;
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#last = text;
  }

  /** Undefined: none was refused since the last was accepted. Throws when the file cannot be read. */
  last(): Offer | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw new Error(`cannot read ${this.#path}`, { cause: error });
    }
    const { installation, epoch, decision } = parsed(text);
    if (
      !isId('installation', installation) ||
      !isNumber(epoch) ||
      !isNumber(decision?.version) ||
      !isId('digest', decision.hash)
    )
      throw new Error(`${this.#path} holds no offer: remove it, and let the coordinator call again`);
    return { installation, epoch, decision };
  }

  clear(): void {
    rmSync(this.#path, { force: true });
    this.#last = undefined;
  }
}

/** What a text holds; of one that is no JSON object, nothing. */
function parsed(text: string): Partial<Offer> {
  try {
    return Object(JSON.parse(text)) as Partial<Offer>;
  } catch {
    return {};
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
