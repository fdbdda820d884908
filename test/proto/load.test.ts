// The services over real sockets: what a handler gets when a peer sends what it should not, and what stock tools see.
import { ReflectionService } from '@grpc/reflection';
import {
  Server,
  credentials,
  makeGenericClientConstructor,
  status,
  type Client,
  type ServerDuplexStream,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import descriptorTypes from 'protobufjs/ext/descriptor/index.js';
import t from 'tap';
import { decodeAgentMessage, decodeCoordinatorMessage } from '../../proto/src/decode.ts';
import { encodeAgentMessage, encodeCoordinatorMessage } from '../../proto/src/encode.ts';
import { parseId } from '../../proto/src/ids.ts';
import { maxMessageBytes } from '../../proto/src/limits.ts';
import {
  adminService,
  agentClient,
  agentService,
  descriptor,
  packageDefinition,
} from '../../proto/src/load.ts';
import { channelOptions, serverOptions } from '../../proto/src/tls.ts';

/** What a session's handler made of each message. */
const heard: string[] = [];
const server = new Server(serverOptions());
server.addService(agentService, {
  session(stream: ServerDuplexStream<unknown, unknown>) {
    stream.on('error', () => undefined);
    stream.on('data', (raw: unknown) => {
      let text;
      try {
        text = decodeAgentMessage(raw).kind;
      } catch (error) {
        text = String(error);
      }
      heard.push(text);
      stream.write(
        encodeCoordinatorMessage({
          kind: 'goodbye',
          goodbye: { code: 'heard', message: text.slice(0, 500) },
        }),
      );
    });
    stream.on('end', () => stream.end());
  },
});
new ReflectionService(packageDefinition).addToServer(server);
const port = await new Promise<number>((resolve, reject) =>
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  ),
);
t.teardown(() => server.forceShutdown());

/** A client that sends bytes as they are. */
function rawClient(): Client {
  const definition = agentService['Session'];
  if (definition === undefined) throw new Error('no Session');
  const raw: ServiceDefinition = {
    Session: { ...definition, requestSerialize: (value: unknown) => value as Buffer },
  };
  const Stub = makeGenericClientConstructor(raw, 'Raw');
  const client = new Stub(`127.0.0.1:${port}`, credentials.createInsecure(), {
    ...channelOptions(),
    'grpc.max_send_message_length': -1,
  });
  t.teardown(() => client.close());
  return client;
}

type Session = ReturnType<ReturnType<typeof agentClient>['session']>;
/** The answer to one message of raw bytes, or the status that ends the session. */
function tell(bytes: Uint8Array): Promise<string | ServiceError> {
  const client = rawClient() as unknown as { session(): Session };
  const stream = client.session();
  return new Promise((resolve) => {
    stream.on('data', (raw: unknown) => {
      const answer = decodeCoordinatorMessage(raw);
      resolve(answer.kind === 'goodbye' ? answer.goodbye.message : answer.kind);
      stream.end();
    });
    stream.on('error', resolve);
    stream.write(Buffer.from(bytes) as never);
  });
}

t.test('a session, both ways', async (t) => {
  const client = agentClient(`127.0.0.1:${port}`, credentials.createInsecure(), channelOptions());
  t.teardown(() => client.close());
  const stream = client.session();
  const answers: string[] = [];
  const ended = new Promise<void>((resolve) => stream.on('end', resolve));
  stream.on('data', (raw: unknown) => {
    const answer = decodeCoordinatorMessage(raw);
    answers.push(answer.kind === 'goodbye' ? answer.goodbye.message : answer.kind);
    if (answers.length === 2) stream.end();
  });
  stream.write(encodeAgentMessage({ kind: 'snapshotEnd' }));
  const hash = parseId('digest', 'a'.repeat(64));
  stream.write(
    encodeAgentMessage({
      kind: 'receipt',
      receipt: {
        orderId: parseId('order', 'o1'),
        outcome: 'executed',
        code: 'done',
        message: 'stopped',
        journal: { sequence: 2, hash },
      },
    }),
  );
  await ended;
  t.strictSame(answers, ['snapshotEnd', 'receipt']);
});

t.test('what cannot be read reaches the handler as a refusal with its reason', async (t) => {
  t.match(await tell(new Uint8Array()), /Malformed: agent_message: has none of its kinds/);
  t.match(await tell(Uint8Array.of(0x80)), /Malformed: agent_message: ends in the middle of a number/);
  t.match(
    await tell(Uint8Array.of(0x22, 0, 0x22, 0)),
    /Malformed: agent_message\.snapshot_end: is there twice/,
  );
  t.equal(await tell(Uint8Array.of(0x22, 0)), 'snapshotEnd');
});

t.test('what is larger than a message may be ends the session', async (t) => {
  const before = heard.length;
  const end = await tell(new Uint8Array(maxMessageBytes + 1));
  t.match(end, { code: status.RESOURCE_EXHAUSTED });
  t.equal(heard.length, before, 'and is not looked at');
});

t.test('the paths are those of the .proto files', (t) => {
  t.equal(agentService['Session']?.path, '/servo.v1.AgentService/Session');
  t.ok(agentService['Session']?.requestStream);
  t.equal(adminService['WatchEvents']?.path, '/servo.v1.AdminService/WatchEvents');
  t.notOk(adminService['WatchEvents']?.requestStream);
  t.ok(adminService['WatchEvents']?.responseStream);
  t.end();
});

t.test('reflection shows services and fields as the .proto files spell them', async (t) => {
  const protos = join(dirname(createRequire(import.meta.url).resolve('@grpc/reflection')), '../proto');
  const loaded = loadSync('grpc/reflection/v1/reflection.proto', { includeDirs: [protos] });
  const Stub = makeGenericClientConstructor(
    loaded['grpc.reflection.v1.ServerReflection'] as ServiceDefinition,
    'ServerReflection',
  );
  const client = new Stub(`127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const ask = (question: object) =>
    new Promise<Record<string, never>>((resolve, reject) => {
      const stream = (client as unknown as { ServerReflectionInfo(): Session }).ServerReflectionInfo();
      stream.on('data', (answer: Record<string, never>) => {
        resolve(answer);
        stream.end();
      });
      stream.on('error', reject);
      stream.write(question as never);
    });
  t.match(await ask({ listServices: '*' }), {
    listServicesResponse: { service: [{ name: 'servo.v1.AgentService' }, { name: 'servo.v1.AdminService' }] },
  });
  const answer = (await ask({ fileContainingSymbol: 'servo.v1.AdminService' })) as {
    readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  };
  const [bytes] = answer.fileDescriptorResponse?.fileDescriptorProto ?? [];
  const file = descriptorTypes.FileDescriptorProto.decode(bytes ?? new Uint8Array()) as unknown as {
    readonly messageType: readonly {
      readonly name: string;
      readonly field: readonly { readonly name: string }[];
    }[];
  };
  const order = file.messageType.find((message) => message.name === 'Order');
  t.ok(order?.field.some((field) => field.name === 'lives_ms'));
  t.equal(
    file.messageType.length,
    (descriptor.lookup('servo.v1') as protobuf.Namespace).nestedArray.filter(
      (entry) => entry instanceof protobuf.Type,
    ).length,
  );
});
