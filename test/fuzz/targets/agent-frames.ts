// What agents send: every message of a session, and the last question.
import * as fc from 'fast-check';
import { decodeAgentMessage, decodeConfirmRequest } from '../../../proto/src/decode.ts';
import { encodeAgentMessage, encodeConfirmRequest } from '../../../proto/src/encode.ts';
import { descriptor } from '../../../proto/src/load.ts';
import { agentMessage, confirmRequest } from '../../proto/support/arbitraries.ts';
import type { Target } from '../target.ts';
import { messages } from './wire-messages.ts';

/** A corpus is the same in every process. */
const fixed = { seed: 1, numRuns: 300 };

export const agentFrames: Target = {
  name: 'agent-frames',
  about: 'what agents send to a coordinator',
  open: () =>
    messages([
      {
        type: descriptor.lookupType('servo.v1.AgentMessage'),
        decode: decodeAgentMessage,
        encode: encodeAgentMessage,
        samples: fc.sample(agentMessage, fixed).map(encodeAgentMessage),
      },
      {
        type: descriptor.lookupType('servo.v1.ConfirmRequest'),
        decode: decodeConfirmRequest,
        encode: encodeConfirmRequest,
        samples: fc.sample(confirmRequest, fixed).map(encodeConfirmRequest),
      },
    ]),
};
