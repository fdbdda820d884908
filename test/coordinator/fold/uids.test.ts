import * as fc from 'fast-check';
import t from 'tap';
import { NameTable, grown } from '../../../coordinator/src/fold/uids.ts';

t.test('a name has one number, and one string', (t) => {
  const table = new NameTable<string>();
  const a = table.add('servo-a');
  const b = table.add('servo-b');
  t.not(a, b);
  t.equal(table.add(['servo', 'a'].join('-')), a);
  t.equal(table.find('servo-b'), b);
  t.equal(table.find('servo-c'), -1);
  t.equal(table.at(a), 'servo-a');
  t.equal(table.size, 2);
  t.throws(() => table.at(2), /nobody’s|nobody's/);
  t.equal(table.share('servo-z'), 'servo-z');
  t.strictSame([...table.numbers()], [0, 1, 2]);
  t.end();
});

t.test('a sweep frees what nobody holds, and nothing else', (t) => {
  const table = new NameTable<string>();
  for (let i = 0; i < 5000; i++) table.add(`n${i}`);
  const live = new Uint8Array(table.size);
  for (let i = 0; i < 5000; i += 2) live[i] = 1;
  table.sweep(live);
  t.equal(table.find('n1'), -1);
  t.equal(table.find('n4998'), 4998);
  t.throws(() => table.at(1));
  const reused = table.add('new');
  t.ok(reused < 5000 && reused % 2 === 1, 'a freed number is given again');
  t.equal(table.find('new'), reused);
  t.equal(table.size, 5000);
  t.end();
});

t.test('it behaves as a Map does, whatever comes and goes', (t) => {
  const name = fc.integer({ min: 0, max: 300 }).map((n) => `name-${n}`);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(name, fc.uniqueArray(name, { maxLength: 200 })), { maxLength: 200 }),
      (steps) => {
        const table = new NameTable<string>();
        const known = new Map<string, number>();
        for (const step of steps) {
          if (typeof step === 'string') {
            const number = table.add(step);
            if (known.has(step) && known.get(step) !== number) throw new Error(`${step} changed its number`);
            known.set(step, number);
          } else {
            const live = new Uint8Array(table.size);
            for (const kept of step) {
              const number = known.get(kept);
              if (number !== undefined) live[number] = 1;
            }
            for (const [held, number] of known) if (live[number] !== 1) known.delete(held);
            table.sweep(live);
          }
          if (new Set(known.values()).size !== known.size) throw new Error('two names have one number');
          for (const [held, number] of known)
            if (table.find(held) !== number || table.at(number) !== held) throw new Error(`${held} is lost`);
        }
      },
    ),
  );
  t.pass();
  t.end();
});

t.test('a sweep is wanted once in so many new names', (t) => {
  const table = new NameTable<string>();
  for (let i = 0; i < 65_536; i++) table.add(`n${i}`);
  t.equal(table.wantsSweep, false);
  table.add('one more');
  t.equal(table.wantsSweep, true);
  table.sweep(new Uint8Array(table.size).fill(1));
  t.equal(table.wantsSweep, false);
  t.end();
});

t.test('a column grows and keeps what it holds', (t) => {
  const column = grown(Int32Array.of(1, 2, 3), 4);
  t.ok(column.length >= 4);
  t.strictSame([...column.subarray(0, 4)], [1, 2, 3, 0]);
  t.end();
});
