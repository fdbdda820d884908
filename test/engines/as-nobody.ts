// Reads LXC's guests once, as this process's user: for tests that start it as one who may not.
// Argument: the options of `openLxc` as JSON. Writes the problems as JSON.
import { openLxc, type LxcOptions } from '../../agent/src/scan/runtime/lxc/lxc.ts';

const options = JSON.parse(process.argv[2] ?? '') as LxcOptions;
const { objects, problems } = await openLxc(options).list(new AbortController().signal);
process.stdout.write(JSON.stringify({ objects: objects.length, problems }));
