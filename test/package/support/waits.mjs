// Loaded into the packaged programs from outside (NODE_OPTIONS in a drop-in of the test): waits pass faster, so that the week in
// which trust is earned fits into a test. Nothing else of them changes: no staleness, no gate, no limit, and it is no demo.
import { registerHooks } from 'node:module';

const factor = Number(process.env.SERVO_TEST_WAIT_FACTOR ?? '1');
const clock = 'waitMs:waitedMs+(monoMs-startMs)*scale';

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!/\/lib\/servo-(agent|coordinator)\.mjs$/.test(url)) return loaded;
    const source = Buffer.from(loaded.source ?? '').toString();
    if (source.split(clock).length !== 2) throw new Error(`${url}: the clock does not read "${clock}"`);
    return { ...loaded, source: source.replace(clock, `${clock}*${factor}`) };
  },
});
