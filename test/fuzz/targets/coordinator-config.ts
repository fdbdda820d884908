// The coordinator's configuration file, its policy and witnesses, and what must be right of several options together.
import { coordinatorTable, together } from '../../../coordinator/src/config.ts';
import { sampleOf } from '../../../proto/src/options.ts';
import type { Target } from '../target.ts';
import { configuration } from './configuration.ts';

const head = `id: c1
listen: 127.0.0.1:7443
tls: { ca: ca.pem, cert: c1.pem, key: c1.key }
orderKey: order.key
state: state.db
cells: [a, b]
`;
const registry = `  - { kind: sql, id: registry, source: registry, authority: true, reads: primary, file: r.db, queries: { state: s, claims: c, lookup: l } }
`;

export const coordinatorConfig: Target = {
  name: 'coordinator-config',
  about: 'the coordinator’s configuration file',
  open: () =>
    configuration({
      table: coordinatorTable,
      rule: together,
      samples: [
        sampleOf(coordinatorTable),
        `${head}witnesses:\n${registry}  - { kind: http, id: router, source: router, authority: false, url: "http://r:80/x", answer: { items: /data/items } }\n`,
        `${head}witnesses:\n${registry}  - { kind: file, id: billing, source: billing, authority: false, file: b.csv, format: csv }\npolicy: { quorumSources: 2, graceReleasedMs: 2 h, twoWayMatchShare: 0.95, budgetHost: 2 }\nlogLevel: warn\n`,
        `${head}witnesses:\n${registry}demo: { factor: 30000 }\npolicy: { heartbeatIntervalMs: 1 s, roundIntervalMs: 500 ms }\n`,
      ],
    }),
};
