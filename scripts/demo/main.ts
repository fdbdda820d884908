// `npm run demo`: the main job, from nothing to a stopped orphan and back, on this machine alone.
//   --json   ends with one line of JSON; the story goes to standard error
// Exit codes: 0 all as it should be; 1 a live servo was stopped, a true orphan was not, or something failed; 2 wrong usage.
import { parseArgs } from 'node:util';
import { Story } from './story.ts';
import { Teller } from './say.ts';
import { World } from './world.ts';

/** 30,000: a week is 20 s, an hour 0.12 s. Only waits are scaled; the rounds themselves take as long as they take. */
const setting = { factor: 30_000, heartbeatIntervalMs: 1000, roundIntervalMs: 1000 };

let json = false;
try {
  json = parseArgs({ options: { json: { type: 'boolean', default: false } } }).values.json;
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}; the only option is --json`);
  process.exit(2);
}

const world = await World.create(setting);
let cleaning: Promise<void> | undefined;
const clean = (): Promise<void> => (cleaning ??= world.close());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    console.error(`\ndemo: ${signal}, cleaning up ...`);
    void clean().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  });

try {
  const story = new Story(world, setting, new Teller(json ? process.stderr : process.stdout));
  const result = await story.tell();
  if (json) console.log(JSON.stringify(result));
  process.exitCode = result.liveStopped === 0 && result.stopped === result.orphans ? 0 : 1;
} catch (error) {
  if (cleaning === undefined) {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
} finally {
  await clean();
}
