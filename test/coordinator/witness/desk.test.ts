import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Claim, Lookup, SnapshotMeta, WitnessProfile } from '../../../coordinator/src/domain/witness.ts';
import { WitnessDesk, lineageOf, whileChanging } from '../../../coordinator/src/witness/desk.ts';
import {
  WitnessChanged,
  WitnessFailed,
  type ReadingEnd,
  type RowSink,
  type Witness,
} from '../../../coordinator/src/witness/port.ts';
import { at, policy } from '../../support/build.ts';
import { failure, profile } from '../../support/witness.ts';

const uid = parseId('servo uid', 'u1');
const claims: readonly Claim[] = [{ uid }, { uid: parseId('servo uid', 'u2') }];
const answer: Lookup = { claims: [], version: 5, lineage: 'db' };
const meta: SnapshotMeta = {
  number: 1,
  startedAt: at(0),
  tookMs: 1,
  version: 5,
  lineage: lineageOf(profile, 'db'),
  claims: 2,
};

/** A witness that answers as told. */
function aWitness(more: Partial<Witness> = {}, own: WitnessProfile = profile): Witness {
  const read = (sink: RowSink): Promise<ReadingEnd> => {
    for (const claim of claims) sink.claim(claim);
    return Promise.resolve({ version: 5, lineage: 'db', rows: 2 });
  };
  return {
    profile: own,
    read,
    lookup: () => Promise.resolve(answer),
    close: () => Promise.resolve(),
    ...more,
  };
}
function aDesk(witness: Witness, more: Partial<typeof policy> = {}): WitnessDesk {
  const desk = new WitnessDesk([witness], { ...policy, ...more });
  desk.accept(witness.profile.id, meta);
  return desk;
}

t.test('a witness that fails keeps what was accepted; its failure is on view until it is read again', (t) => {
  const desk = aDesk(aWitness());
  desk.fail(profile.id, 'HTTP 503');
  t.match(desk.views(), [{ id: profile.id, accepted: meta, failure: 'HTTP 503' }]);
  const waiting = { why: 'shrink', message: 'm', hash: 'h' } as const;
  desk.wait(profile.id, waiting);
  t.match(desk.views(), [{ accepted: meta, waiting, failure: undefined }]);
  desk.accept(profile.id, { ...meta, number: 2 });
  t.match(desk.views(), [{ accepted: { number: 2 }, waiting: undefined, failure: undefined }]);
  t.end();
});

t.test(
  'a look-up counts only from the database that was accepted, and not from an older state of it',
  async (t) => {
    const said = (more: Partial<Lookup>) => {
      const witness = aWitness({ lookup: () => Promise.resolve({ ...answer, ...more }) });
      return aDesk(witness).lookup(witness, uid);
    };
    t.strictSame(await said({}), answer);
    t.equal((await said({ version: 6 })).version, 6);
    t.match(
      await failure(said({ version: 4 })),
      /u1 up at w1: version 4 answered; want 5 or later, as accepted/,
    );
    t.match(await failure(said({ lineage: 'old' })), /lineage "old m" answered; want "db m" as accepted/);
    const fresh = aWitness({ lookup: () => Promise.resolve({ ...answer, lineage: 'old' }) });
    t.equal(
      (await new WitnessDesk([fresh], policy).lookup(fresh, uid)).lineage,
      'old',
      'nothing accepted yet',
    );
  },
);

t.test('without a look-up a whole reading tells, and only if it is whole', async (t) => {
  const said = (end: Partial<ReadingEnd>) => {
    const witness = aWitness({
      read: (sink) => {
        for (const claim of claims) sink.claim(claim);
        return Promise.resolve({ version: 5, lineage: 'db', rows: 2, ...end });
      },
    });
    return aDesk(witness).readFor(witness, uid);
  };
  t.strictSame(await said({}), [{ uid }]);
  t.match(await failure(said({ rows: 3 })), /says 3 rows, 2 were read: not the whole/);
  t.match(await failure(said({ version: 4 })), /version 4 answered/);
  t.match(await failure(said({ lineage: 'old' })), /lineage "old m" answered/);
});

t.test('a witness that takes too long is given up, also when it does not listen', async (t) => {
  const signals: AbortSignal[] = [];
  const deaf = aWitness({
    read: (_sink, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
    lookup: (_uid, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
  });
  const desk = aDesk(deaf, { witnessReadMs: 20, witnessLookupMs: 10 });
  const sink = { claim: () => undefined, tombstone: () => undefined };
  t.match(await failure(desk.read(deaf, sink)), /reading w1 took longer than 20 ms/);
  t.match(await failure(desk.lookup(deaf, uid)), /looking u1 up at w1 took longer than 10 ms/);
  t.match(await failure(desk.readFor(deaf, uid)), /reading w1 for u1 took longer than 10 ms/);
  t.ok(signals.length === 3 && signals.every(({ aborted }) => aborted), 'and it was told');
});

t.test('what changes is read again, three times at most; what fails is not', async (t) => {
  const tried = async (errors: readonly Error[]) => {
    let n = 0;
    const work = (): Promise<string> => {
      const error = errors[n++];
      return error === undefined ? Promise.resolve('whole') : Promise.reject(error);
    };
    const end = await whileChanging(work).catch((error: unknown) => (error as Error).message);
    return [end, n];
  };
  const changed = new WitnessChanged('changed');
  t.strictSame(await tried([changed, changed]), ['whole', 3]);
  t.strictSame(await tried([changed, changed, changed]), ['changed', 3]);
  t.strictSame(await tried([new WitnessFailed('failed')]), ['failed', 1]);
});

t.test('the mapping hash changes with any witness, whatever their order', (t) => {
  const one = (name: string, mappingHash: string): Witness =>
    aWitness({}, { ...profile, id: parseId('witness', name), mappingHash });
  const hash = (...witnesses: Witness[]): string => new WitnessDesk(witnesses, policy).mappingHash;
  t.equal(hash(one('a', '1'), one('b', '2')), hash(one('b', '2'), one('a', '1')));
  t.not(hash(one('a', '1'), one('b', '2')), hash(one('a', '2'), one('b', '1')));
  t.not(hash(one('a', '1')), hash(one('a', '1'), one('b', '2')));
  t.end();
});
