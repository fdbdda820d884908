// A bare Node that holds one idle gRPC stream: what an agent's memory is compared with.
import { createRequire } from 'node:module';

const { Client, credentials } = createRequire(import.meta.url)('@grpc/grpc-js');
const raw = (bytes) => bytes;
const client = new Client(process.argv[2], credentials.createInsecure());
const stream = client.makeBidiStreamRequest('/bench.Idle/Hold', raw, raw);
stream.on('data', () => console.log('{"held":true}'));
stream.on('error', (error) => {
  throw error;
});
stream.write(Buffer.from('hold'));
