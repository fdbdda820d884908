// Passes follow one another, never two at once; what a pass cannot go on from ends the loop, and is said.
import t from 'tap';
import { logger } from '@servo-auditor/proto/log.ts';
import { Loop } from '../../../coordinator/src/round/loop.ts';
import type { Readings } from '../../../coordinator/src/round/read.ts';
import type { Report } from '../../../coordinator/src/round/report.ts';
import type { Rounds } from '../../../coordinator/src/round/run.ts';
import { Fenced, Unfit } from '../../../coordinator/src/state/port.ts';
import { now } from '../../support/build.ts';
import { Heard } from '../../support/heard.ts';

/** Longer than any test: a pass comes only because something asked for it. */
const longMs = 3_600_000;

function aLoop(intervalMs: number, work: (pass: number) => Promise<void> | void) {
  let count = 0;
  let running = 0;
  let most = 0;
  const passes = new Heard<number>();
  const events = new Heard<{ event: string; level: string }>();
  const rounds = {
    async pass(): Promise<Report> {
      const pass = ++count;
      most = Math.max(most, ++running);
      try {
        await work(pass);
      } finally {
        running--;
        passes.push(pass);
      }
      return { pass, at: now, tookMs: 0, cells: [], judgements: [], failures: [] };
    },
  } as unknown as Rounds;
  const readings = { acceptWaiting: (_id: string, hash: string) => hash === 'right' } as unknown as Readings;
  const log = logger('test', 'debug', { write: (line) => events.push(JSON.parse(line)) });
  const loop = new Loop(rounds, readings, intervalMs, log);
  return { loop, passes, events, most: () => most };
}

t.test('one after the other, every interval, until it is stopped', async (t) => {
  const { loop, passes, most } = aLoop(1, () => new Promise((resolve) => setImmediate(resolve)));
  t.equal(loop.report, undefined);
  const run = loop.run();
  await passes.until('the fifth pass', (n) => n === 5);
  loop.stop();
  await run;
  t.equal(most(), 1, 'never two at once');
  t.ok((loop.report?.pass ?? 0) >= 5);
});

t.test('sooner when somebody asks', async (t) => {
  const { loop, passes } = aLoop(longMs, () => undefined);
  const run = loop.run();
  await passes.until('the first pass', (n) => n === 1);
  await new Promise(setImmediate);
  loop.soon();
  await passes.until('the second pass', (n) => n === 2);
  t.equal(loop.acceptWaiting('registry' as never, 'wrong'), false);
  t.equal(loop.acceptWaiting('registry' as never, 'right'), true);
  await passes.until('the third pass', (n) => n === 3);
  loop.stop();
  await run;
});

t.test('whoever asks while a pass runs gets another one after it', async (t) => {
  let release = (): void => undefined;
  const { loop, passes } = aLoop(longMs, (pass) =>
    pass === 1 ? new Promise((resolve) => (release = resolve)) : undefined,
  );
  const run = loop.run();
  await new Promise(setImmediate);
  loop.soon();
  loop.soon();
  release();
  await passes.until('the second pass', (n) => n === 2);
  await new Promise(setImmediate);
  t.equal(passes.all.length, 2, 'one, however often');
  loop.stop();
  await run;
});

t.test('a request that no longer fitted is logged, and the next pass sees it', async (t) => {
  const { loop, passes, events } = aLoop(1, (pass) => {
    if (pass === 1) throw new Unfit('something changed meanwhile');
  });
  const run = loop.run();
  await passes.until('the second pass', (n) => n === 2);
  loop.stop();
  await run;
  t.match(events.all, [{ event: 'round.unfit', level: 'warn', problem: 'something changed meanwhile' }]);
});

t.test('another leader, or a failing disk, ends it', async (t) => {
  for (const error of [new Fenced('k2 leads'), new Error('disk full')]) {
    const { loop, events } = aLoop(1, () => {
      throw error;
    });
    await t.rejects(loop.run(), error);
    t.match(events.all, [{ event: 'round.failed', level: 'fatal' }]);
  }
});

t.test('a pass that fails because everything stops is no failure', async (t) => {
  const { loop, events } = aLoop(1, () => {
    loop.stop();
    throw new Error('the store is closed');
  });
  await loop.run();
  t.strictSame(events.all, []);
});
