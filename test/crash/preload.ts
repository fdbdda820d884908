// Loaded into a program under test before anything of it, by `node --import`. The program knows nothing of it.
//   node --import .../preload.ts coordinator/src/main.ts run --config FILE
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { wrapDisk } from './hooks/disk.ts';
import { wrapSqlite } from './hooks/sqlite.ts';
import { Trapper } from './hooks/trap.ts';

const at = process.argv.findIndex((word) => word === '--config' || word === '-c');
const configFile = process.argv[at + 1];
if (at < 0 || configFile === undefined || !existsSync(configFile))
  throw new Error('want a program that is started with --config FILE');
// What a world writes is JSON, and its state an absolute path: a folder of an agent, a file of a coordinator.
const { state, witnesses } = JSON.parse(readFileSync(configFile, 'utf8')) as {
  state: string;
  witnesses?: unknown;
};
const trapper = new Trapper(configFile);
if (witnesses === undefined) wrapDisk(realpathSync(state), trapper);
else wrapSqlite(state, trapper);
