// What a generation's readers must make of a host.
import { compareServos, inventoryDigest, servoBytes } from '@servo-auditor/proto/canonical.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Servo } from '@servo-auditor/proto/wire.ts';
import type { Inventory } from '../../scan/scan.ts';
import { generationOf, readerVersion } from '../../scan/reader.ts';
import type { Check } from '../kit.ts';
import { problemsOf, uidOf, want, type Stage } from '../stage.ts';

export const readChecks: readonly Check[] = [
  {
    name: 'list',
    says: 'Every servo is listed once, as running, without contradiction, in a complete inventory.',
    async run(stage) {
      const uids = ['conf-list-a', 'conf-list-b', 'conf-list-c'];
      for (const uid of uids) await stage.servo('make', uid);
      const inventory = await stage.scan();
      for (const uid of uids) {
        const { servo, launch } = await stage.one(uid, inventory);
        want(servo.state === 'running', () => `${uid} is ${servo.state}`);
        want(servo.contradiction === 'none', () => `${uid} has the contradiction ${servo.contradiction}`);
        want(launch !== undefined, () => `${uid} could not be started again: nothing says how`);
      }
    },
  },
  {
    name: 'canonical',
    says: 'Two readings of an unchanged host have the same rows in the same order, and the digest that these bytes have.',
    async run(stage) {
      for (const uid of ['conf-same-b', 'conf-same-a']) await stage.servo('make', uid);
      const first = await stage.scan();
      stage.reopen();
      const second = await stage.scan();
      want(first.digest === second.digest, () => `digests ${first.digest} and ${second.digest}`);
      want(textOf(first) === textOf(second), () => 'the rows differ between two readings');
      const sorted = first.servos.toSorted(compareServos);
      want(
        sorted.every((servo, i) => servo === first.servos[i]),
        () => 'the rows are not in canonical order',
      );
      const digest = inventoryDigest(first.generation, first.servos);
      want(digest === first.digest, () => `the digest is ${first.digest}, its rows make ${digest}`);
    },
  },
  {
    name: 'reader-version',
    says: 'The reader version is the same whenever the readers are opened, and store and runtime read the uid from different fields.',
    async run(stage) {
      const { store, runtime } = stage.opened;
      generationOf(store, runtime);
      const first = await readerVersion(store, runtime);
      stage.reopen();
      const second = await readerVersion(stage.opened.store, stage.opened.runtime);
      want(first === second, () => `reader versions ${first} and ${second}`);
    },
  },
  {
    name: 'unreadable-record',
    says: 'A record that cannot be read makes the inventory incomplete, for as long as it cannot; nothing else is lost.',
    async run(stage) {
      await stage.servo('make', 'conf-record-a');
      await stage.servo('make', 'conf-record-b');
      await stage.servo('break-record', 'conf-record-a');
      const broken = await stage.scan();
      want(!broken.complete, () => 'the inventory is complete, with a record that cannot be read');
      want(broken.facts.has(uidOf('conf-record-b')), () => 'another servo is missing because of it');
      await stage.servo('mend-record', 'conf-record-a');
      const { servo } = await stage.one('conf-record-a');
      want(servo.contradiction === 'none', () => `mended, it has ${servo.contradiction}`);
    },
  },
  {
    name: 'nameless',
    says: 'Something in scope that says no uid makes the inventory incomplete, and the message says where it is.',
    async run(stage) {
      await stage.servo('make-nameless', 'conf-nameless');
      const inventory = await stage.scan();
      want(!inventory.complete, () => 'the inventory is complete, though something in scope has no uid');
      want(
        inventory.problems.every((p) => p.path !== '' && p.message !== ''),
        () => `a problem without place or message: ${problemsOf(inventory)}`,
      );
      await stage.servo('remove', 'conf-nameless');
      const after = await stage.scan();
      want(after.complete, () => `still incomplete: ${problemsOf(after)}`);
    },
  },
  {
    name: 'no-record',
    says: 'What runs without a record is a contradiction, or makes the inventory incomplete where the runtime keeps the records.',
    async run(stage) {
      await stage.servo('make', 'conf-unknown');
      await stage.servo('forget', 'conf-unknown');
      const inventory = await stage.scan();
      const [row] = inventory.facts.get(uidOf('conf-unknown')) ?? [];
      want(row !== undefined, () => 'it is missing, though it runs');
      want(
        row.servo.contradiction === 'no-record',
        () => `the contradiction is ${row.servo.contradiction}, want no-record`,
      );
    },
  },
  {
    name: 'no-object',
    says: 'A record of which nothing runs is a row without an incarnation, and a contradiction.',
    async run(stage) {
      await stage.servo('make', 'conf-dead');
      await stage.servo('kill', 'conf-dead');
      await stage.until('what was killed is gone', async () => !(await stage.runs('conf-dead')));
      const inventory = await stage.scan();
      want(inventory.complete, () => problemsOf(inventory));
      // Where the runtime keeps the records, they go with it.
      const [row] = inventory.facts.get(uidOf('conf-dead')) ?? [];
      if (stage.opened.store.identityLabel !== undefined) return;
      want(row !== undefined, () => 'its record is there, and it has no row');
      const { state, contradiction, incarnation } = row.servo;
      want(
        state === 'stopped' && contradiction === 'no-object' && incarnation === 'none',
        () => `${state}, ${contradiction}, incarnation ${incarnation}`,
      );
    },
  },
  {
    name: 'uid-twice',
    says: 'Two that say they are one servo are two rows with a contradiction.',
    async run(stage) {
      await stage.servo('make', 'conf-twice');
      await stage.servo('twin', 'conf-twice');
      const rows = (await stage.scan()).facts.get(uidOf('conf-twice')) ?? [];
      want(rows.length === 2, () => `${rows.length} rows, want two`);
      want(
        rows.every((row) => row.servo.contradiction === 'uid-twice'),
        () => `contradictions ${rows.map((row) => row.servo.contradiction).join(', ')}`,
      );
    },
  },
  {
    name: 'incarnation',
    says: 'An incarnation stays while it runs, also for another agent, and is another one when the servo is created anew in its slot.',
    async run(stage) {
      await stage.servo('make', 'conf-anew');
      const { servo: first } = await stage.one('conf-anew');
      stage.reopen();
      const { servo: same } = await stage.one('conf-anew');
      want(same.incarnation === first.incarnation, () => `${first.incarnation}, then ${same.incarnation}`);
      await stage.servo('remake', 'conf-anew');
      const { servo: second } = await stage.one('conf-anew');
      want(second.incarnation !== first.incarnation, () => `it is ${first.incarnation} before and after`);
    },
  },
  {
    name: 'dies-during-scan',
    says: 'A servo that dies while it is read is there or not, and never an error; the next reading is right.',
    async run(stage) {
      const uids = Array.from({ length: 6 }, (_, i) => `conf-dying-${i}`);
      for (const uid of uids) await stage.servo('make', uid);
      const over = new AbortController();
      const killing = Promise.all(uids.slice(1).map((uid) => stage.servo('kill', uid))).finally(() =>
        over.abort(),
      );
      killing.catch(() => undefined);
      while (!over.signal.aborted) {
        const during = await stage.scan();
        want(during.facts.has(uidOf('conf-dying-0')), () => 'the one that nobody killed is missing');
      }
      await killing;
      await stage.until('the killed ones are gone', async () => {
        const inventory = await stage.scan();
        return (
          inventory.complete &&
          uids.slice(1).every((uid) => !inventory.facts.get(uidOf(uid))?.some((row) => row.object))
        );
      });
      await stage.one('conf-dying-0');
    },
  },
  {
    name: 'activity',
    says: 'CPU time and connections are known; a servo that works is seen to work, one that does not is not.',
    async run(stage) {
      await stage.servo('make', 'conf-idle');
      await stage.servo('make', 'conf-busy');
      await stage.scan();
      const { object } = await stage.one('conf-idle');
      want(object?.usage.cpuMs !== undefined, () => 'the CPU time of a servo is not known');
      want(
        object.usage.connections === 0,
        () => `${object.usage.connections ?? 'unknown'} connections, want 0`,
      );
      await stage.servo('busy', 'conf-busy');
      await stage.until('a servo that works is seen as active', async () => {
        return (await stage.one('conf-busy')).servo.activity === 'active';
      });
      const { servo } = await stage.one('conf-idle');
      want(servo.activity === 'measuring', () => `one that does nothing is ${servo.activity}`);
    },
  },
  {
    name: 'hinted',
    says: 'A reading that rests on events shows the same as a full one, also after servos came and went.',
    async run(stage) {
      await stage.servo('make', 'conf-hint-a');
      await stage.scan('full');
      await same(stage, 'nothing changed');
      await stage.servo('make', 'conf-hint-b');
      // Its record alone shows it too, before the event of its start has come.
      await stage.until('a new servo runs in a reading that rests on events', async () => {
        const { servos } = await stage.scan('hinted');
        return servos.some(({ uid, state }) => uid === uidOf('conf-hint-b') && state === 'running');
      });
      await same(stage, 'one came');
      await stage.servo('remove', 'conf-hint-a');
      const gone = await stage.scan('hinted');
      want(!gone.facts.has(uidOf('conf-hint-a')), () => 'a servo that is gone shows in a reading after it');
      await same(stage, 'one went');
    },
  },
  {
    name: 'many',
    says: 'As many servos as one host may have are read whole within the time that a scan has.',
    async run(stage) {
      const uids = Array.from({ length: stage.limits.many }, (_, i) => `conf-many-${i}`);
      await stage.make(uids);
      for (const depth of ['full', 'full', 'hinted'] as const) {
        const inventory = await stage.scan(depth);
        want(inventory.complete, () => problemsOf(inventory));
        const seen = uids.filter((uid) => inventory.facts.has(uidOf(uid))).length;
        want(seen === uids.length, () => `${seen} of ${uids.length} servos were seen`);
      }
    },
  },
];

async function same(stage: Stage, when: string): Promise<void> {
  const hinted = await stage.scan('hinted');
  const full = await stage.scan('full');
  want(
    hinted.digest === full.digest && hinted.complete === full.complete,
    () => `${when}: resting on events it shows ${listOf(hinted)}, read whole ${listOf(full)}`,
  );
}

function listOf(inventory: Inventory): string {
  const rows = inventory.servos.map(({ uid, incarnation, state }) => `${uid} ${incarnation} ${state}`);
  return [...rows, ...(inventory.complete ? [] : [problemsOf(inventory)])].join(', ');
}

/** The bytes that two generations must agree on where they hold the same servos: all but what their runtimes call them. */
export function canonicalServos({ servos }: Inventory): readonly string[] {
  const anyIncarnation = parseId('incarnation', 'any');
  const anyRuntimeId = parseId('runtime id', 'any');
  return servos.map((servo) => hexOf({ ...servo, incarnation: anyIncarnation, runtimeId: anyRuntimeId }));
}

function textOf({ servos }: Inventory): string {
  return servos.map(hexOf).join('\n');
}

function hexOf(servo: Servo): string {
  return Buffer.from(servoBytes(servo)).toString('hex');
}
