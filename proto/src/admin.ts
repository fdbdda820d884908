// AdminService, typed, for both sides: requests and answers as checked values, and the two ends of a call.
export { adminClient, CallFailed, type AdminClient } from './admin/client.ts';
export {
  adminMethods,
  type AdminMethods,
  type MethodName,
  type ReplyOf,
  type RequestOf,
  type StreamName,
  type UnaryName,
} from './admin/methods.ts';
export {
  adminImplementation,
  Refused,
  type AdminCalls,
  type AdminServerOptions,
  type Operator,
} from './admin/server.ts';
export { caseStates, gateKinds, gateOutcomes, modes, orderStates, verdicts } from './admin/words.ts';
export type * from './admin/types.ts';
