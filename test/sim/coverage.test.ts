import { globSync, readFileSync } from 'node:fs';
import t from 'tap';
import { Coverage, agentRefusals, gates, hitsOf, merge, missing, noes, noneCounted } from './coverage.ts';
import { gaps, matrix, short } from './coverage-print.ts';
import { faults, type Fault, type Gate, type WorldEvent } from './event.ts';
import { at, h1, minute, order1, passed } from './oracle/story.ts';

const pass = (atMs: number, ...refusals: readonly (readonly [Gate, number])[]): WorldEvent =>
  ({ ...passed(atMs), refusals }) as WorldEvent;
const began = (atMs: number, fault: Fault, id = 1) =>
  at(atMs, { kind: 'fault.began', id, fault, subject: { kind: 'everybody' }, detail: '' });
const ended = (atMs: number, fault: Fault, id = 1) => at(atMs, { kind: 'fault.ended', id, fault });
const count = (...events: readonly WorldEvent[]) => {
  const coverage = new Coverage();
  for (const event of events) coverage.see(event);
  return coverage.counted;
};

t.test('a pair is hit while the fault is active, and for a while after', (t) => {
  const counted = count(
    pass(0, ['quiet', 1]),
    began(minute, 'loss'),
    pass(2 * minute, ['host-fresh', 2]),
    ended(3 * minute, 'loss'),
    pass(4 * minute, ['rounds', 1]),
    pass(19 * minute, ['grace', 1]),
  );
  t.same(hitsOf(counted, 'loss', 'host-fresh'), { under: 1, because: 1 });
  t.same(hitsOf(counted, 'loss', 'rounds'), { under: 1, because: 1 });
  t.same(hitsOf(counted, 'loss', 'quiet'), { under: 0, because: 0 }, 'before it');
  t.same(hitsOf(counted, 'loss', 'grace'), { under: 0, because: 0 }, 'long after it');
  t.end();
});

t.test('because of it: only where the gate had refused nothing in this cell just before', (t) => {
  const counted = count(
    pass(0, ['grace', 1], ['quiet', 0]),
    began(1, 'delay'),
    pass(minute, ['grace', 1], ['quiet', 1]),
  );
  t.same(hitsOf(counted, 'delay', 'grace'), { under: 1, because: 0 });
  t.same(hitsOf(counted, 'delay', 'quiet'), { under: 1, because: 1 });
  t.same(hitsOf(count(began(1, 'delay'), pass(minute, ['grace', 1])), 'delay', 'grace'), {
    under: 1,
    because: 0,
  });
  t.end();
});

t.test('two faults at a time count both, one fault twice counts once', (t) => {
  const counted = count(
    began(0, 'loss', 1),
    began(0, 'loss', 2),
    began(0, 'misread', 3),
    pass(1, ['swap', 1]),
  );
  t.equal(hitsOf(counted, 'loss', 'swap').under, 1);
  t.equal(hitsOf(counted, 'misread', 'swap').under, 1);
  t.equal(counted.faults['loss'], 2);
  t.end();
});

t.test('refusals, answers, budgets and acts are counted by name', (t) => {
  const counted = count(
    at(0, { kind: 'agent.refused', host: h1, order: order1, code: 'not-keepable-parent' }),
    at(0, { kind: 'no.sent', order: order1, code: 'controls' }),
    at(0, { kind: 'operator.acted', act: 'witness.accepted', about: 'registry' }),
    at(0, { kind: 'freeze.set' }),
    { ...passed(1), full: ['host', 'cell'] } as WorldEvent,
  );
  t.same(counted.agent, { 'not-keepable': 1 });
  t.same(counted.noes, { controls: 1 });
  t.same(counted.acts, { 'witness.accepted': 1, 'freeze.set': 1 });
  t.same(counted.budgets, { host: 1, cell: 1 });
  t.end();
});

t.test('runs add up, also after JSON', (t) => {
  const one = count(began(0, 'loss'), pass(1, ['swap', 1]));
  const sum = noneCounted();
  merge(sum, one);
  merge(sum, JSON.parse(JSON.stringify(one)) as typeof one);
  t.same(hitsOf(sum, 'loss', 'swap'), { under: 2, because: 0 });
  t.equal(sum.faults['loss'], 2);
  t.equal(sum.kinds['pass.ended'], 2);
  t.end();
});

t.test('what was never hit is named; what was declared impossible and hit is an error', (t) => {
  const counted = count(began(0, 'loss'), pass(1, ['swap', 1]));
  const found = missing(counted, [
    { fault: 'loss', gate: 'swap', because: 'a test' },
    { fault: 'delay', gate: 'swap', because: 'a test' },
  ]);
  t.same(found.contradicted, ['loss swap']);
  t.notOk(found.pairs.includes('delay swap'));
  t.equal(found.pairs.length, faults.length * gates.length - 2);
  t.same(missing(count(at(0, { kind: 'no.sent', order: order1, code: 'whim' }))).unlisted, ['whim']);
  t.ok(gaps(counted).some((line) => line.startsWith('pairs never hit')));
  t.end();
});

t.test('the matrix fits a terminal of a hundred columns', (t) => {
  const counted = count(pass(0), began(1, 'loss'), pass(minute, ['host-fresh', 1]));
  t.same(
    [...matrix(counted), ...gaps(counted)].filter((line) => line.length > 100),
    [],
  );
  t.match(
    matrix(counted).find((line) => line.startsWith('loss')),
    /^loss +1\*/,
  );
  t.same([1, 999, 1000, 12_345, 2_000_000].map(short), ['1', '999', '1k', '12k', '>1M']);
  t.end();
});

/** Every code that some files' source gives as a first argument or as `code:`. */
function codesIn(files: string, pattern: RegExp): readonly string[] {
  const found = new Set<string>();
  for (const file of globSync(files))
    for (const [, code] of readFileSync(file, 'utf8').matchAll(pattern))
      if (code !== undefined) found.add(code);
  return [...found].toSorted();
}

t.test('the lists hold every code that the product can give', (t) => {
  const judged = codesIn('agent/src/judge/*.ts', /refuse\(\s*'([a-z-]+)'/g);
  const asked = codesIn('agent/src/act/stop-order.ts', /refuse\(\s*'([a-z-]+)'/g);
  const all = [...new Set([...judged, ...asked, 'not-keepable'])];
  t.same([...agentRefusals].toSorted(), all.toSorted());
  const no = codesIn('coordinator/src/confirm/*.ts', /new No\(\s*'([a-z-]+)'/g);
  const yes = codesIn('coordinator/src/state/sqlite/yes.ts', /code: '([a-z-]+)'/g);
  t.same([...noes].toSorted(), [...new Set([...no, ...yes, 'failed'])].toSorted());
  t.end();
});
