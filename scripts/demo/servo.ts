// One application servo of the demo: serves real HTTP requests on loopback, and writes its port into a file.
//   node servo.ts <port file>
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [, , portFile] = process.argv;
if (portFile === undefined) throw new Error('want: servo.ts <port file>');
const name = process.env['DEMO_NAME'] ?? 'servo';
// How it takes SIGTERM: at once, after so many milliseconds, or (negative) not at all.
const termMs = Number(process.env['DEMO_TERM_MS'] ?? '0');
if (termMs !== 0)
  process.on('SIGTERM', () => {
    if (termMs > 0) setTimeout(() => process.exit(0), termMs);
  });
const server = createServer((_request, response) => {
  response.writeHead(200, { connection: 'close', 'content-type': 'text/plain' }).end(`${name}\n`);
});
server.listen(0, '127.0.0.1', () => {
  writeFileSync(`${portFile}.new`, String((server.address() as AddressInfo).port));
  renameSync(`${portFile}.new`, portFile);
});
