import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { modeKey } from '../../../../../coordinator/src/domain/operator.ts';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import { aContext, anOrphan, aTrack, cell, generation, otherReader } from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';

const ask = (state: Parameters<typeof aContext>[0], view = {}) =>
  askGate('generation-certified', aContext(state), anOrphan({}, view));

t.test('alone blocks what is not certified for its mode', (t) => {
  answers(t, ask({}), 'pass', /certified for enforce/);
  answers(t, ask({ tracks: [{ ...aTrack, certified: 'propose' }] }), 'refuse', /not certified for enforce/);
  aloneBlocks(t, 'generation-certified', aContext({ tracks: [] }));
  answers(
    t,
    ask({
      tracks: [{ ...aTrack, certified: 'propose' }],
      modes: new Map([[modeKey(cell, generation), 'propose']]),
    }),
    'pass',
    /for propose/,
  );
  t.end();
});

t.test('another reader version starts anew, unless it inherits', (t) => {
  answers(t, ask({}, { readerVersion: otherReader }), 'refuse', /nothing earned yet/);
  answers(
    t,
    ask({}, { readerVersion: otherReader, inheritsFrom: aTrack.readerVersion }),
    'pass',
    /certified/,
  );
  t.end();
});

t.test('back at an earlier reader, its own trust counts as much as what it inherits', (t) => {
  const untried = { ...aTrack, readerVersion: otherReader, certified: 'observe' as const };
  for (const tracks of [
    [untried, aTrack],
    [aTrack, untried],
  ]) {
    answers(t, ask({ tracks }, { inheritsFrom: otherReader }), 'pass', /certified for enforce/);
    answers(
      t,
      ask({ tracks }, { readerVersion: otherReader, inheritsFrom: aTrack.readerVersion }),
      'pass',
      /certified for enforce/,
    );
    answers(t, ask({ tracks }, { readerVersion: otherReader }), 'refuse', /not certified for enforce/);
  }
  const equal = [
    { ...untried, message: 'the first of two' },
    { ...aTrack, certified: 'observe' as const, message: 'the second of two' },
  ];
  answers(t, ask({ tracks: equal }, { inheritsFrom: otherReader }), 'refuse', /: the first of two$/);
  t.end();
});

t.test('an edited query or mapping voids it', (t) => {
  answers(
    t,
    askGate('generation-certified', aContext({}, { mappingHash: 'mapping-2' })),
    'refuse',
    /not certified/,
  );
  t.end();
});

t.test('trust is earned in this cell, by this generation, and by no other', (t) => {
  const others = [
    { ...aTrack, cell: parseId('cell', 'c2') },
    { ...aTrack, generation: parseId('generation', 'labels/process') },
    { ...aTrack, cell: parseId('cell', 'c2'), generation: parseId('generation', 'labels/process') },
  ];
  for (const track of others) answers(t, ask({ tracks: [track] }), 'refuse', /nothing earned yet/);
  answers(t, ask({ tracks: [...others, aTrack] }), 'pass', /certified for enforce/);
  t.end();
});

t.test('what is in observe needs to be certified for propose, and says so', (t) => {
  const answer = ask({ tracks: [], modes: new Map() });
  answers(
    t,
    answer,
    'refuse',
    /^sqlite\/process in c1, reader a{12}, is not certified for propose: nothing earned yet$/,
  );
  t.match(answer.numbers, { certified: 'observe', needed: 'propose', reader: 'a'.repeat(12) });
  t.end();
});
