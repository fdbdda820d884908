// What a generation's actor must keep to: it stops exactly what it looked at, keeps it whole, and brings it back the same.
import type { RuntimeObject } from '../../scan/runtime/port.ts';
import type { Launch, ServoFacts } from '../../scan/scan.ts';
import type { Target } from '../../act/actor.ts';
import type { Check } from '../kit.ts';
import { uidOf, want, type Stage } from '../stage.ts';

export const actChecks: readonly Check[] = [
  {
    name: 'stop-and-start',
    says: 'A servo that is stopped is gone and kept; started again it is the same servo with everything that it had.',
    async run(stage) {
      await stage.servo('make', 'conf-undo');
      const marks = await stage.ground.marksOf('conf-undo');
      const { launch, facts } = await quarantine(stage, 'conf-undo');
      const { servo } = await stage.one('conf-undo');
      want(servo.state === 'quarantined', () => `quarantined, it is reported as ${servo.state}`);
      await bringBack(stage, 'conf-undo', launch, facts);
      const after = await stage.ground.marksOf('conf-undo');
      want(after === marks, () => `it had ${marks}, and now has ${after}`);
    },
  },
  {
    name: 'stays-stopped',
    says: 'Nothing brings a quarantined servo back: not its engine, not a restart policy, not a boot; a start gives back what it had.',
    async run(stage) {
      await stage.servo('make-stubborn', 'conf-stubborn');
      const marks = await stage.ground.marksOf('conf-stubborn');
      const target = await stage.target('conf-stubborn');
      if (!target.keepable.keepable) {
        want(target.keepable.message !== '', () => 'it is not keepable, and nobody says why');
        return;
      }
      const { launch, facts } = await quarantine(stage, 'conf-stubborn');
      await stage.host('reboot');
      await stage.until('the engine answers again', async () => (await stage.scan()).complete);
      want(
        !(await stage.runs('conf-stubborn')),
        () => 'it runs again after a boot, though it is in quarantine',
      );
      await bringBack(stage, 'conf-stubborn', launch, facts);
      const after = await stage.ground.marksOf('conf-stubborn');
      want(after === marks, () => `it had ${marks}, and now has ${after}`);
    },
  },
  {
    name: 'not-stopped-after-all',
    says: 'What was made ready for a stop and is not stopped has again what it had before.',
    async run(stage) {
      await stage.servo('make-stubborn', 'conf-spared');
      const marks = await stage.ground.marksOf('conf-spared');
      const target = await stage.target('conf-spared');
      const facts = await stage.one('conf-spared');
      const launch = launchOf(target, facts);
      if (!target.keepable.keepable) return;
      const { actor } = stage.opened;
      for (const state of ['kept', 'kept', 'running', 'running'] as const) {
        const unsettled = await actor.settle(launch, state);
        want(unsettled === undefined, () => `${state}: ${unsettled ?? ''}`);
      }
      const after = await stage.ground.marksOf('conf-spared');
      want(after === marks, () => `it had ${marks}, and now has ${after}`);
      want(await stage.runs('conf-spared'), () => 'it does not run any more');
    },
  },
  {
    name: 'not-the-next-one',
    says: 'What was created anew in the slot after the look is not touched: the stop is refused, with a reason.',
    async run(stage) {
      await stage.servo('make', 'conf-next');
      const old = await stage.one('conf-next');
      const target = await stage.target('conf-next');
      await stage.servo('remake', 'conf-next');
      const result = await target.stop();
      want(result.kind === 'refused' && result.message !== '', () => `the stop says ${result.kind}`);
      want(await stage.runs('conf-next'), () => 'what was created anew was stopped');
      const object = old.object as RuntimeObject;
      want(
        (await stage.opened.actor.look(object)) === undefined,
        () => 'a look at what is gone finds something',
      );
      const runs = await stage.opened.actor.runs(old.servo.runtimeId, old.servo.incarnation);
      want(runs === false, () => `what is gone runs: ${String(runs)}`);
    },
  },
  {
    name: 'not-keepable',
    says: 'What a stop would delete is not keepable, and the reason is given.',
    async run(stage) {
      await stage.servo('make-fleeting', 'conf-fleeting');
      const { keepable } = await stage.target('conf-fleeting');
      want(!keepable.keepable, () => 'it counts as keepable, though a stop would delete it');
      want(keepable.code !== '' && keepable.message !== '', () => 'no reason is given');
    },
  },
  {
    name: 'address-taken',
    says: 'A servo whose address somebody else has is not started over it; the holder is named.',
    async run(stage) {
      await stage.servo('make', 'conf-address');
      const target = await stage.target('conf-address');
      const { launch } = await quarantine(stage, 'conf-address');
      await stage.servo('take-address', 'conf-address');
      const conflicts = await stage.opened.actor.conflicts({ launch, listens: target.listens });
      const [first] = conflicts;
      want(first !== undefined, () => 'nobody notices that its address is taken');
      want(first.address !== '' && first.holder !== '', () => 'address or holder are not named');
    },
  },
  {
    name: 'start-fails',
    says: 'A start that fails says why, starts nothing, and leaves the servo in quarantine for another try.',
    async run(stage) {
      await stage.servo('make', 'conf-spoiled');
      const { launch } = await quarantine(stage, 'conf-spoiled');
      await stage.servo('spoil', 'conf-spoiled');
      const result = await stage.opened.actor.start(launch);
      want(
        result.kind === 'failed',
        () => `the start of what is spoiled says ${result.kind}: ${result.message}`,
      );
      want(result.code !== '' && result.message !== '', () => 'no reason is given');
      want(!(await stage.runs('conf-spoiled')), () => 'it runs, though its start failed');
    },
  },
];

/** Stops a servo as an order does, apart from judgement and journal. */
export async function quarantine(
  stage: Stage,
  uid: string,
): Promise<{ readonly launch: Launch; readonly facts: ServoFacts }> {
  const facts = await stage.one(uid);
  const target = await stage.target(uid);
  const { keepable } = target;
  want(keepable.keepable, () => `not keepable: ${keepable.keepable ? '' : keepable.message}`);
  const launch = launchOf(target, facts);
  const unsettled = await stage.opened.actor.settle(launch, 'kept');
  want(unsettled === undefined, () => unsettled ?? '');
  const result = await target.stop();
  want(result.kind === 'stopped', () => `the stop says ${result.kind}: ${result.message}`);
  const { incarnation, runtimeId, project } = facts.servo;
  want(!(await stage.runs(uid)), () => 'it still runs after its stop');
  const runs = await stage.opened.actor.runs(runtimeId, incarnation);
  want(runs === false, () => `after its stop it runs: ${String(runs)}`);
  stage.quarantined.push({ uid: uidOf(uid), incarnation, runtimeId, project });
  return { launch, facts };
}

async function bringBack(stage: Stage, uid: string, launch: Launch, before: ServoFacts): Promise<void> {
  const started = await stage.opened.actor.start(launch);
  want(started.kind === 'started', () => `the start failed: ${started.message}`);
  stage.quarantined = [];
  const { servo } = await stage.one(uid);
  want(
    servo.incarnation === started.incarnation && servo.runtimeId === started.runtimeId,
    () => `started as ${started.incarnation}, it is listed as ${servo.incarnation}`,
  );
  want(
    servo.state === 'running' && servo.contradiction === 'none' && servo.project === before.servo.project,
    () => `${servo.state}, ${servo.contradiction}, project ${servo.project ?? 'none'}`,
  );
}

function launchOf(target: Target, { launch: seen }: ServoFacts): Launch {
  const launch = target.launch ?? seen;
  want(launch !== undefined, () => 'nothing says how it could be started again');
  return launch;
}
