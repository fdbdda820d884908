// Loaded into each test before it begins. tap's runner puts its own code into every process that a test starts, and into theirs, to
// measure coverage, which is not measured here: that costs each of them a third of a second, and makes it another program than the
// one that is delivered.
import processOnSpawn from 'process-on-spawn';

processOnSpawn.removeAllListeners();
delete process.env.NODE_OPTIONS;
