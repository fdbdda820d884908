// Loaded into the packaged agent from outside: while /run/servo-test-hang is there, reading a folder never ends, as on a disk that
// does not answer.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { readdir, opendir } = fs.promises;
const never = new Promise(() => undefined);
const hangs = () => fs.existsSync('/run/servo-test-hang');
fs.promises.readdir = (...args) => (hangs() ? never : readdir(...args));
fs.promises.opendir = (...args) => (hangs() ? never : opendir(...args));
syncBuiltinESMExports();
