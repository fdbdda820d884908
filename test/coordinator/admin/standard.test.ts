// Stock gRPC tools find what they expect: health by its own protocol, reflection that lists both services.
import {
  makeGenericClientConstructor,
  loadPackageDefinition,
  type Client,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import t from 'tap';
import { adminChannelOptions, clientCredentials, readTls } from '@servo-auditor/proto/tls.ts';
import { aWorld, type World } from '../../support/admin.ts';

function stub(world: World, service: ServiceDefinition): Client {
  const of = (file: string) => join(world.pki, 'operators', 'ada-viewer', `${file}.pem`);
  const files = readTls({ ca: of('ca'), cert: of('cert'), key: of('key') });
  const Stub = makeGenericClientConstructor(service, 'Stock');
  return new Stub(world.address, clientCredentials(files), adminChannelOptions());
}

t.test('health: the server as a whole, and each service', async (t) => {
  const world = await aWorld(t);
  const service = loadSync(protoPath, { enums: String })['grpc.health.v1.Health'] as ServiceDefinition;
  const client = stub(world, service);
  t.teardown(() => client.close());
  const check = service['Check'];
  if (check === undefined) throw new Error('no Check');
  for (const name of ['', 'servo.v1.AdminService', 'servo.v1.AgentService']) {
    const reply = await new Promise((resolve) =>
      client.makeUnaryRequest(
        check.path,
        check.requestSerialize,
        check.responseDeserialize,
        { service: name },
        (error, value) => resolve(error ?? value),
      ),
    );
    t.match(reply, { status: 'SERVING' }, name);
  }
});

t.test('reflection lists the services', async (t) => {
  const world = await aWorld(t);
  const root = dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json'));
  const loaded = loadSync(join(root, 'build/proto/grpc/reflection/v1/reflection.proto'));
  const service = loaded['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;
  t.ok(loadPackageDefinition(loaded));
  const client = stub(world, service);
  t.teardown(() => client.close());
  const info = service['ServerReflectionInfo'];
  if (info === undefined) throw new Error('no ServerReflectionInfo');
  const call = client.makeBidiStreamRequest(info.path, info.requestSerialize, info.responseDeserialize);
  const names = new Promise<readonly string[]>((resolve, reject) => {
    call.on('error', reject);
    call.on('data', (reply: { listServicesResponse: { service: { name: string }[] } }) =>
      resolve(reply.listServicesResponse.service.map((s) => s.name)),
    );
  });
  call.write({ listServices: '' });
  const found = await names;
  call.end();
  t.ok(found.includes('servo.v1.AdminService') && found.includes('servo.v1.AgentService'), found.join(' '));
});
