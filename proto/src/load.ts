// The services as grpc takes them: loaded from the .proto files, with deserialisers that refuse what protobufjs would let
// through (strict.ts). A deserialiser does not throw what it refuses, since grpc would hide the reason: it returns the `Malformed`,
// and every function of decode.ts throws it.
import {
  makeGenericClientConstructor,
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientUnaryCall,
  type Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import type { Plain } from './encode.ts';
import { maxAdminReplyBytes, maxMessageBytes } from './limits.ts';
import { Malformed } from './malformed.ts';
import { checkWire } from './strict.ts';

const protoRoot = join(import.meta.dirname, '..');

/** The .proto files, as they import each other. */
export const protoFiles: readonly string[] = ['servo/v1/agent.proto', 'servo/v1/admin.proto'];

/** What wire values are: see field.ts. */
const shape: protobuf.IConversionOptions = { defaults: false, longs: String, enums: String };

/** For the reflection service: names as in the .proto files. */
export const packageDefinition = loadSync([...protoFiles], { keepCase: true, includeDirs: [protoRoot] });

/** Every message and enum, for walks over the descriptor. */
export const descriptor = loadDescriptor();

function loadDescriptor(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(protoRoot, target);
  root.loadSync([...protoFiles]).resolveAll();
  return root;
}

const strictMessages: ReadonlySet<string> = new Set([
  '.servo.v1.Order',
  '.servo.v1.CloseOrder',
  '.servo.v1.ConfirmRequest',
  '.servo.v1.ConfirmReply',
  ...adminRequests(),
]);

function adminRequests(): readonly string[] {
  return descriptor
    .lookupService('servo.v1.AdminService')
    .methodsArray.map((method) => resolved(method.resolvedRequestType, method.requestType).fullName);
}

function resolved(type: protobuf.Type | null, name: string): protobuf.Type {
  if (type === null) throw new Error(`the .proto files do not resolve ${name}`);
  return type;
}

/** Bytes -> a plain object, or the `Malformed` that says why not. For messages of this package only. */
export function deserialise(
  type: protobuf.Type,
  bytes: Uint8Array,
  maxBytes: number = maxMessageBytes,
): Plain | Malformed {
  try {
    if (bytes.length > maxBytes)
      throw new Malformed(type.name, `has ${bytes.length} bytes`, `at most ${maxBytes}`);
    checkWire(type, bytes, strictMessages);
    return type.toObject(type.decode(bytes), shape);
  } catch (error) {
    if (error instanceof Malformed) return error;
    return new Malformed(type.name, `cannot be read: ${String(error)}`, 'a message of this protocol');
  }
}

/** AgentService, for `server.addService` and for clients. */
export const agentService = service('servo.v1.AgentService', maxMessageBytes);
/** AdminService, for `server.addService` and for clients. */
export const adminService = service('servo.v1.AdminService', maxAdminReplyBytes);

function service(name: string, maxReplyBytes: number): ServiceDefinition {
  const entries = descriptor.lookupService(name).methodsArray.map((method) => {
    const request = resolved(method.resolvedRequestType, method.requestType);
    const response = resolved(method.resolvedResponseType, method.responseType);
    const definition: MethodDefinition<unknown, unknown> & { readonly originalName: string } = {
      path: `/${name}/${method.name}`,
      requestStream: method.requestStream ?? false,
      responseStream: method.responseStream ?? false,
      requestSerialize: (value) => serialise(request, value),
      requestDeserialize: (bytes) => deserialise(request, bytes),
      responseSerialize: (value) => serialise(response, value),
      responseDeserialize: (bytes) => deserialise(response, bytes, maxReplyBytes),
      originalName: method.name.slice(0, 1).toLowerCase() + method.name.slice(1),
    };
    return [method.name, definition];
  });
  return Object.fromEntries(entries) as ServiceDefinition;
}

/** @param value what a function of encode.ts, or a codec, made. */
function serialise(type: protobuf.Type, value: unknown): Buffer {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${type.name}: no message to send`);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

/** An agent's stub. What comes is raw: give it to `decodeCoordinatorMessage` and `decodeConfirmReply`. */
export interface AgentClient extends Client {
  session(metadata?: Metadata, options?: CallOptions): ClientDuplexStream<Plain, unknown>;
  confirm(
    request: Plain,
    options: CallOptions,
    callback: (error: ServiceError | null, reply: unknown) => void,
  ): ClientUnaryCall;
}

/** @param options with `channelOptions()` of tls.ts. */
export function agentClient(
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions,
): AgentClient {
  const Stub = makeGenericClientConstructor(agentService, 'AgentService');
  return new Stub(address, credentials, options) as unknown as AgentClient;
}
