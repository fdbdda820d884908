// Waits until the demo is gone, however it ended, and clears up after it: its processes, and its directory.
//   node undertaker.ts <world> <directory>     (its standard input is the demo's end of a pipe)
import { rmSync } from 'node:fs';
import { sweep } from './processes.ts';

const [, , world, dir] = process.argv;
if (world === undefined || dir === undefined) throw new Error('want: undertaker.ts <world> <directory>');
process.stdin.resume().on('close', () => {
  void sweep(world).then(() => rmSync(dir, { recursive: true, force: true }));
});
