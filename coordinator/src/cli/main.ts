#!/usr/bin/env node
// servoctl: the process around run.ts.
import { processIo } from './io.ts';
import { runCli } from './run.ts';

// What libraries should change one day is nothing that an operator can mend.
process.noDeprecation = true;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
// A reader that has seen enough (head) closes the pipe: that is no fault of this command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await runCli(process.argv.slice(2), processIo(stop.signal));
