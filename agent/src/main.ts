// servo-agent: the host agent. Everything is in cli/.
import { main } from './cli/program.ts';

process.exitCode = await main(process.argv.slice(2));
