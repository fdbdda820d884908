// The agent's configuration file.
import { configTable } from '../../../agent/src/config.ts';
import { sampleOf } from '../../../proto/src/options.ts';
import type { Target } from '../target.ts';
import { configuration } from './configuration.ts';

const head = `installation: main
coordinator: { address: "127.0.0.1:7400", uri: spiffe://servo.example/coordinator/c1 }
tls: { ca: ca.crt, cert: host.crt, key: host.key }
orderKeys: [order.pub, other.pub]
state: /var/lib/servo-agent
`;
const runtime = `runtime:
  kind: process
  users: [servo, "1000"]
  marker: { variable: SERVO_HOST, value: main/host-1 }
  identity: { from: argument, prefix: "--servo-uid=" }
  stopGrace: 10 s
`;

export const agentConfig: Target = {
  name: 'agent-config',
  about: 'the agent’s configuration file',
  open: () =>
    configuration({
      table: configTable,
      samples: [
        sampleOf(configTable),
        `${head}store: { kind: manifest-directory, root: /srv, fields: { uid: uid, env: run.env }, suffix: .json, ignore: ["*.tmp"] }\n${runtime}`,
        `${head}store: { kind: sqlite, file: x.db, table: instance, fields: { uid: uid } }\n${runtime}demo: { factor: 30000 }\nlog: debug\n`,
        `${head}store: { kind: labels, fields: { uid: SERVO_UID } }\n${runtime}limits: { stops: 2, window: 20 min, longShare: 0.1 }\nmaxScan: 5 s\nactivity: { probeSources: [127.0.0.2] }\n`,
      ],
    }),
};
