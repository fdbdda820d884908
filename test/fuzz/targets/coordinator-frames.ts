// What a coordinator sends to agents: welcomes, questions, orders, closes, and the answer to the last question.
import * as fc from 'fast-check';
import { decodeConfirmReply, decodeCoordinatorMessage } from '../../../proto/src/decode.ts';
import { encodeConfirmReply, encodeCoordinatorMessage } from '../../../proto/src/encode.ts';
import { descriptor } from '../../../proto/src/load.ts';
import { confirmReply, coordinatorMessage } from '../../proto/support/arbitraries.ts';
import type { Target } from '../target.ts';
import { messages } from './wire-messages.ts';

/** A corpus is the same in every process. */
const fixed = { seed: 1, numRuns: 300 };

export const coordinatorFrames: Target = {
  name: 'coordinator-frames',
  about: 'what a coordinator sends to agents',
  open: () =>
    messages([
      {
        type: descriptor.lookupType('servo.v1.CoordinatorMessage'),
        decode: decodeCoordinatorMessage,
        encode: encodeCoordinatorMessage,
        samples: fc.sample(coordinatorMessage, fixed).map(encodeCoordinatorMessage),
      },
      {
        type: descriptor.lookupType('servo.v1.ConfirmReply'),
        decode: decodeConfirmReply,
        encode: encodeConfirmReply,
        samples: fc.sample(confirmReply, fixed).map(encodeConfirmReply),
      },
    ]),
};
