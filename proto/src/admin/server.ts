// AdminService on the server's side: who calls, may they, is the request whole; then a typed function; then its errors as
// statuses of grpc. Whatever is wrong ends the call with a message for people, and nothing has happened.
import {
  status,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Codec } from '../field.ts';
import type { OperatorName } from '../ids.ts';
import { Malformed } from '../malformed.ts';
import { mayActAs, NotTrusted, peerOf, type Caller, type Role } from '../peer.ts';
import {
  adminMethods,
  type MethodName,
  type ReplyOf,
  type RequestOf,
  type StreamName,
  type UnaryName,
} from './methods.ts';

/** The operator who calls. */
export interface Operator {
  readonly name: OperatorName;
  readonly role: Role;
}

/** What a call answers instead of doing what it was asked. The message says what is wrong and what would be right. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly why: 'invalid' | 'role' | 'not-found' | 'unfit' | 'unavailable';

  constructor(why: Refused['why'], message: string) {
    super(message);
    this.why = why;
  }
}

export type AdminCalls = {
  readonly [M in UnaryName]: (request: RequestOf<M>, by: Operator) => Promise<ReplyOf<M>>;
} & {
  /** Ends early when the signal aborts: the operator has gone. */
  readonly [M in StreamName]: (
    request: RequestOf<M>,
    by: Operator,
    signal: AbortSignal,
  ) => AsyncIterable<ReplyOf<M>>;
};

export interface AdminServerOptions {
  readonly trustDomain: string;
  /** Translates the errors of what lies below; undefined: it is an unexpected one. */
  readonly refusalOf: (error: unknown) => Refused | undefined;
  /** Told of every unexpected error; the operator only learns that there was one. */
  readonly onError: (method: MethodName, error: unknown) => void;
}

/** For `server.addService(adminService, ...)`. */
export function adminImplementation(
  calls: AdminCalls,
  options: AdminServerOptions,
): UntypedServiceImplementation {
  const names = Object.keys(adminMethods) as MethodName[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      adminMethods[name].stream ? streaming(name, calls, options) : unary(name, calls, options),
    ]),
  );
}

type AnyCall = (request: unknown, by: Operator) => Promise<unknown>;
type AnyStream = (request: unknown, by: Operator, signal: AbortSignal) => AsyncIterable<unknown>;

function unary(name: MethodName, calls: AdminCalls, options: AdminServerOptions) {
  const run = calls[name] as AnyCall;
  const reply = adminMethods[name].reply as Codec<unknown>;
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
    const answer = async () => {
      const { request, by } = admit(name, call, options.trustDomain);
      return reply.encode(await run(request, by));
    };
    answer().then(
      (value) => callback(null, value),
      (error: unknown) => callback(statusOf(name, error, options)),
    );
  };
}

function streaming(name: MethodName, calls: AdminCalls, options: AdminServerOptions) {
  const run = calls[name] as AnyStream;
  const reply = adminMethods[name].reply as Codec<unknown>;
  return (call: ServerWritableStream<unknown, unknown>) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    const answer = async () => {
      const { request, by } = admit(name, call, options.trustDomain);
      for await (const value of run(request, by, gone.signal)) {
        if (gone.signal.aborted) return;
        if (!call.write(reply.encode(value))) await drained(call, gone.signal);
      }
    };
    answer().then(
      () => call.end(),
      (error: unknown) => {
        if (!gone.signal.aborted) call.emit('error', statusOf(name, error, options));
      },
    );
  };
}

/** Who calls, and what for. Throws `NotTrusted`, `Refused`, `Malformed`. */
function admit(name: MethodName, call: Caller & { readonly request: unknown }, trustDomain: string) {
  const peer = peerOf(call, trustDomain);
  if (peer.kind !== 'operator')
    throw new Refused('role', `a ${peer.kind} may not call ${name}; want an operator's certificate`);
  const { role, request } = adminMethods[name];
  if (!mayActAs(peer.role, role))
    throw new Refused('role', `${name} needs the role ${role}; ${peer.name} has ${peer.role}`);
  const by: Operator = { name: peer.name, role: peer.role };
  return { by, request: request.decode(call.request, { parent: undefined, name: 'request' }) };
}

function drained(call: ServerWritableStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    call.on('drain', done);
    signal.addEventListener('abort', done);
  });
}

const codes = {
  invalid: status.INVALID_ARGUMENT,
  role: status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  unfit: status.FAILED_PRECONDITION,
  unavailable: status.UNAVAILABLE,
} as const satisfies Record<Refused['why'], status>;

function statusOf(
  name: MethodName,
  error: unknown,
  options: AdminServerOptions,
): { code: status; details: string } {
  if (error instanceof Malformed) return { code: status.INVALID_ARGUMENT, details: error.message };
  if (error instanceof NotTrusted) return { code: status.UNAUTHENTICATED, details: error.message };
  const refused = error instanceof Refused ? error : options.refusalOf(error);
  if (refused !== undefined) return { code: codes[refused.why], details: refused.message };
  options.onError(name, error);
  return { code: status.INTERNAL, details: `${name} failed; the coordinator's log says why` };
}
