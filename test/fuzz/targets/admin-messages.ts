// Requests of operators, as the coordinator reads them, and answers, as servoctl does: every call of admin.proto.
import { adminMethods, type MethodName } from '../../../proto/src/admin.ts';
import type { Codec } from '../../../proto/src/field.ts';
import type { Plain } from '../../../proto/src/encode.ts';
import { descriptor } from '../../../proto/src/load.ts';
import { fits, rawOf } from '../../proto/support/samples.ts';
import { isPlain } from '../mutate/value.ts';
import type { Target } from '../target.ts';
import { messages, type Kind } from './wire-messages.ts';

export const adminMessages: Target = {
  name: 'admin-messages',
  about: 'what operators ask of a coordinator, and its answers',
  open() {
    const service = descriptor.lookupService('servo.v1.AdminService');
    const kinds = service.methodsArray.flatMap((method): readonly Kind[] => {
      const { request, reply } = adminMethods[method.name as MethodName];
      const both = [
        [method.requestType, request],
        [method.responseType, reply],
      ] as const;
      return both.map(([type, codec]) => {
        const own = codec as unknown as Codec<never>;
        return {
          type: descriptor.lookupType(`servo.v1.${type}`),
          decode: (raw) => own.decode(raw, { parent: undefined, name: 'request' }),
          encode: (value) => own.encode(value),
          samples: samplesOf(own),
        };
      });
    });
    return messages(kinds);
  },
};

/** Right values: with all fields, or where these exclude each other, with all but each. */
export function samplesOf(codec: Codec<never>): readonly Plain[] {
  const whole = rawOf(codec) as Plain;
  const found = new Set<Plain>();
  const seek = (plain: Plain, depth: number): void => {
    if (fits(codec, plain)) found.add(plain);
    if (depth === 0 || !isPlain(plain)) return;
    for (const name of Object.keys(plain)) {
      const { [name]: _, ...rest } = plain;
      seek(rest, depth - 1);
    }
  };
  seek(whole, Object.keys(whole).length > 8 ? 2 : 4);
  return found.size === 0 ? [whole] : [...found];
}
