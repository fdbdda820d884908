// What must hold while an engine does not do its part: nothing unknown is absent, and whoever asks gets an answer in time.
import type { Check } from '../kit.ts';
import { problemsOf, want, type Stage } from '../stage.ts';
import { quarantine } from './act.ts';

/** How long a reading may take while the engine hangs, in milliseconds. */
const hungScanMs = 2000;
/** How much later than that it may end. */
const slackMs = 10_000;

export const faultChecks: readonly Check[] = [
  {
    name: 'engine-hangs',
    says: 'While the engine does not answer, a reading ends in time, is incomplete and says why; afterwards all is as before.',
    async run(stage) {
      await stage.servo('make', 'conf-hang');
      const before = await stage.scan();
      await stage.host('hang', 'resume');
      for (const depth of ['hinted', 'full'] as const) {
        const began = performance.now();
        const during = await stage.scan(depth, hungScanMs);
        const tookMs = performance.now() - began;
        want(
          tookMs < hungScanMs + slackMs,
          () => `a reading took ${Math.round(tookMs)} ms while the engine hung`,
        );
        want(!during.complete, () => `a reading (${depth}) is complete while the engine hangs`);
        want(
          during.problems.every((p) => p.message !== ''),
          () => 'no reason is given',
        );
      }
      await stage.host('resume');
      await asBefore(stage, before.digest);
    },
  },
  {
    name: 'engine-gone',
    says: 'Without its engine the inventory is incomplete, and says what does not answer; a quarantined servo stays one.',
    async run(stage) {
      await stage.servo('make', 'conf-gone-a');
      await stage.servo('make', 'conf-gone-b');
      const { launch, facts } = await quarantine(stage, 'conf-gone-b');
      const before = await stage.scan();
      await stage.host('down', 'up');
      for (const depth of ['hinted', 'full'] as const) {
        const during = await stage.scan(depth);
        want(!during.complete, () => `a reading (${depth}) is complete without an engine`);
        want(
          during.problems.some((p) => p.message !== ''),
          () => 'no reason is given',
        );
        const kept = during.servos.find((servo) => servo.uid === facts.servo.uid);
        want(kept?.state === 'quarantined', () => `what is in quarantine is ${kept?.state ?? 'missing'}`);
      }
      const { actor } = stage.opened;
      const runs = await actor.runs(facts.servo.runtimeId, facts.servo.incarnation);
      want(runs !== true, () => 'what was stopped runs, though nobody can tell');
      const result = await actor.start(launch);
      want(
        result.kind === 'failed' && result.message !== '',
        () => 'a start without an engine does not fail',
      );
      const unsettled = await actor.settle(launch, 'running');
      want(unsettled !== '', () => 'no reason is given');
      await stage.host('up');
      await stage.until(
        'what was stopped is kept',
        async () => (await actor.settle(launch, 'kept')) === undefined,
      );
      await asBefore(stage, before.digest);
    },
  },
  {
    name: 'engine-restarts',
    says: 'An engine that was restarted shows the same servos: none is lost, none is another one.',
    async run(stage) {
      await stage.servo('make', 'conf-again');
      const { servo: before } = await stage.one('conf-again');
      await stage.host('down', 'up');
      await stage.host('up');
      await stage.until('the inventory is complete again', async () => (await stage.scan()).complete);
      const rows = (await stage.scan()).servos.filter((servo) => servo.uid === before.uid);
      for (const row of rows)
        want(
          row.incarnation === before.incarnation || row.state === 'stopped',
          () => `it was ${before.incarnation}, and is ${row.incarnation}`,
        );
    },
  },
];

async function asBefore(stage: Stage, digest: string): Promise<void> {
  await stage.until('the inventory is as before', async () => {
    const inventory = await stage.scan('hinted');
    return inventory.complete && inventory.digest === digest;
  });
  const full = await stage.scan();
  want(full.complete && full.digest === digest, () => `other servos than before: ${problemsOf(full)}`);
}
