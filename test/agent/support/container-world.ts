// A servo of a real container, in a world that is otherwise made of values.
import type { RuntimeObject } from '../../../agent/src/scan/runtime/port.ts';
import type { ServoFacts } from '../../../agent/src/scan/scan.ts';
import { World } from './hand.ts';

export class ContainerWorld extends World {
  readonly #object: RuntimeObject;

  constructor(object: RuntimeObject) {
    super();
    this.#object = object;
  }

  override facts(): ServoFacts {
    const { servo } = super.facts();
    const { incarnation, runtimeId, launch } = this.#object;
    return { servo: { ...servo, incarnation, runtimeId }, object: this.#object, record: undefined, launch };
  }
}
