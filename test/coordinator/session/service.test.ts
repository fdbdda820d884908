// Only a host's certificate speaks for a host, and only for itself.
import { status } from '@grpc/grpc-js';
import { Client, type MethodDefinition } from '@grpc/grpc-js';
import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import { channelOptions, clientCredentials, readTls } from '@servo-auditor/proto/tls.ts';
import { aServedLead } from '../../support/lead.ts';
import { aNonce, aRawAgent, bootId } from '../../support/raw-agent.ts';

const request = {
  orderId: parseId('order', 'o-none'),
  epoch: parseEpoch(1),
  bootId,
  nonce: aNonce(),
};

t.test('an operator cannot speak for a host', async (t) => {
  const served = await aServedLead(t);
  const agent = await aRawAgent(t, served, 'h1', served.operator());
  agent.hello();
  const end = await agent.over();
  t.equal(end.code, status.PERMISSION_DENIED);
  t.match(
    end.details,
    /certificate of operator ada cannot speak for a host: use one made by servoctl pki host/,
  );
  await t.rejects(agent.confirm(request), { code: status.PERMISSION_DENIED, details: /operator ada/ });
  t.strictSame(agent.heard.all, [], 'it is told nothing');
  t.equal(served.lead.coordinator.fleet.views.size, 0);
  t.match(
    served.lead.events('session.untrusted'),
    [{ level: 'warn', problem: /operator ada/ }, { level: 'warn' }],
    'both tries are in the log',
  );
});

t.test('a host may ask, and is answered', async (t) => {
  const served = await aServedLead(t);
  const agent = await aRawAgent(t, served);
  t.match(await agent.confirm(request), { kind: 'no', no: { code: 'unknown-order' } });
});

t.test('a question that cannot be read is refused with what is wrong', async (t) => {
  const served = await aServedLead(t);
  const files = await served.host('h1');
  const client = new Client(served.address, clientCredentials(readTls(files)), channelOptions());
  t.teardown(() => client.close());
  const { path } = agentService['Confirm'] as MethodDefinition<unknown, unknown>;
  const same = (bytes: Buffer): Buffer => bytes;
  await t.rejects(
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, same, same, Buffer.alloc(0), (error, reply) =>
        error === null ? resolve(reply) : reject(error),
      );
    }),
    { code: status.INVALID_ARGUMENT, details: /ConfirmRequest|order_id/ },
  );
});
