// A bounded share of the mutation tests: mutants of the sources that somebody works on; and the machinery itself, which must see a
// mutant that a test notices, one that none does, one that is no program, one that the compiler refuses, and one that hangs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { changedSources, inTurn } from './changed.ts';
import { Compiler } from './compiler.ts';
import { filesOf, Graph, root, scopes } from './graph.ts';
import { mutantsOf, mutated, type Mutant } from './mutants.ts';
import { mutate, type Outcome } from './mutate.ts';
import { judge, linesOf, readSurvivors } from './survivors.ts';
import { Killed, Run, Tap } from './tap.ts';

t.setTimeout(300_000);

const all = Object.values(scopes).flatMap(({ files }) => filesOf(files));
const source = (file: string) => readFileSync(join(root, file), 'utf8');
const texts = (text: string) => mutantsOf('x.ts', text).map((m) => mutated(text, m));

t.test('small changes, as a slip of the pen would make them', (t) => {
  const has = (text: string, ...wanted: readonly string[]) => {
    for (const one of wanted) t.ok(texts(text).includes(one), `${text} becomes ${one}`);
  };
  has('const x = a < b;', 'const x = a <= b;', 'const x = a >= b;', 'const x = true;', 'const x = false;');
  has('const x = a && b;', 'const x = a || b;');
  has('const x = a ?? b;', 'const x = a && b;');
  has('const x = (a + b) * c;', 'const x = (a - b) * c;', 'const x = (a + b) / c;');
  has('if (a) b();', 'if (true) b();', 'if (false) b();');
  has('const x = a ? b : c;', 'const x = true ? b : c;', 'const x = false ? b : c;');
  has("const x = 'word';", "const x = '';");
  has('const x = `${a} b`;', "const x = '';");
  has('const x = [a];', 'const x = [];');
  has('const x = { a };', 'const x = {};');
  has('const x = !a;', 'const x = a;');
  has('const x = a.filter(b).some(c);', 'const x = a.some(c);', 'const x = a.filter(b).every(c);');
  has(
    'const x = Math.min(a, Math.ceil(b));',
    'const x = Math.max(a, Math.ceil(b));',
    'const x = Math.min(a, Math.floor(b));',
  );
  has('const x = a?.b;', 'const x = a.b;');
  has('function f() { g(); }', 'function f() {}');
  has('const x = () => a;', 'const x = () => undefined;');
  has('switch (a) { case 1: f(); break; default: g(); }', 'switch (a) { case 1: default: g(); }');
  has('x += a; x++; y = -a;', 'x -= a; x++; y = -a;', 'x += a; x--; y = -a;', 'x += a; x++; y = +a;');
  t.strictSame(texts("import a from 'b'; type X = 'c'; interface Y { d: 'e' }"), []);
  t.strictSame(texts("throw new Error('a broken invariant');"), []);
  t.end();
});

t.test('who could notice a change: the source’s own test first', (t) => {
  const graph = new Graph();
  const grace = 'coordinator/src/decide/gates/evidence/grace.ts';
  const tests = graph.testsOf(grace);
  t.equal(tests[0], 'test/coordinator/decide/gates/evidence/grace.test.ts');
  t.ok(tests.includes('test/coordinator/decide/verdict.test.ts'), 'those that reach it by others, too');
  t.notOk(tests.includes('test/agent/judge/yes.test.ts'));
  const changed = graph.changedBy(grace, tests);
  t.ok(changed.has('coordinator/src/decide/verdict.ts') && changed.has(grace));
  t.notOk(changed.has('coordinator/src/domain/answer.ts'), 'what it stands on is as it was');
  for (const file of all)
    if (
      mutantsOf(file, source(file)).length > 0 &&
      !['case', 'order'].some((n) => file.endsWith(`domain/${n}.ts`))
    )
      t.ok(graph.testsOf(file).length > 0, `${file} has tests`);
  t.end();
});

t.test('tests fail here where they fail by tap', async (t) => {
  const fails = async (body: (t: Tap) => unknown): Promise<boolean> => {
    const run = new Run();
    const tap = new Tap(run);
    await tap.test('x', body);
    await tap.done();
    return run.failed !== undefined;
  };
  const right: readonly ((t: Tap) => unknown)[] = [
    (x) => x.ok(1),
    (x) => x.notOk(0),
    (x) => x.equal(1, 1),
    (x) => x.not(1, 2),
    (x) => x.strictSame({ a: [1] }, { a: [1] }),
    (x) => x.same({ a: 1 }, { a: '1' }),
    (x) => x.notSame([1], [2]),
    (x) => x.match({ a: 1, b: 2 }, { a: 1 }),
    (x) => x.match('abc', /b/),
    (x) => x.notMatch('abc', /d/),
    (x) =>
      x.throws(() => {
        throw new Error('why');
      }, /why/),
    (x) => x.rejects(Promise.reject(new Error('why')), { message: 'why' }),
    (x) => x.test('inner', (y: Tap) => y.ok(true)),
  ];
  const wrong: readonly ((t: Tap) => unknown)[] = [
    (x) => x.ok(0),
    (x) => x.notOk(1),
    (x) => x.equal(1, '1'),
    (x) => x.not(1, 1),
    (x) => x.strictSame({ a: 1 }, { a: '1' }),
    (x) => x.same([1], [2]),
    (x) => x.notSame([1], [1]),
    (x) => x.match({ a: 1 }, { a: 1, b: 2 }),
    (x) => x.match('abc', /d/),
    (x) => x.notMatch('abc', /b/),
    (x) => x.throws(() => undefined),
    (x) =>
      x.throws(() => {
        throw new Error('else');
      }, /why/),
    (x) => x.rejects(Promise.resolve(1)),
    (x) => x.fail('x'),
    (x) => x.test('inner', (y: Tap) => y.ok(false)),
    () => {
      throw new TypeError('in the test itself');
    },
    () => Promise.reject(new Killed('late')),
  ];
  for (const [i, body] of right.entries()) t.notOk(await fails(body), `right ${i}`);
  for (const [i, body] of wrong.entries()) t.ok(await fails(body), `wrong ${i}`);
});

t.test('the compiler refuses what is no word of a closed union, and nothing that is merely wrong', (t) => {
  const file = 'agent/src/judge/limits.ts';
  const compiler = new Compiler();
  const refusal = (from: string, to: string) => {
    const start = source(file).indexOf(from);
    const mutant: Mutant = { mutator: 'x', start, end: start + from.length, text: to };
    return compiler.refusal(file, mutant);
  };
  t.match(refusal('Math.max(1,', "Math.max('',"), /not assignable/);
  t.equal(refusal('Math.max(1,', 'Math.max(2,'), undefined);
  t.equal(refusal('now.waitMs - atMs < windowMs', 'true'), undefined, 'what is merely unused is no error');
  t.end();
});

const survived = (from: string, to: string): Outcome => {
  const file = 'agent/src/judge/limits.ts';
  const start = source(file).indexOf(from);
  return {
    source: file,
    mutant: { mutator: 'x', start, end: start + from.length, text: to },
    outcome: 'survived',
    by: '',
  };
};

t.test('a survivor is explained by its own text, and an explanation of none is stale', (t) => {
  const outcome = survived('Math.max(1,', 'Math.min(1,');
  const { from, to } = linesOf(outcome);
  t.equal(from, 'const longStops = Math.max(1, Math.floor(servos * limits.longShare));');
  t.equal(to, 'const longStops = Math.min(1, Math.floor(servos * limits.longShare));');
  const known = { file: outcome.source, from, to, why: 'because' };
  t.match(judge([outcome], [known]), { explained: [outcome], unexplained: [], stale: [] });
  t.match(judge([outcome], []), { explained: [], unexplained: [outcome] });
  t.match(judge([outcome], [{ ...known, to: 'else' }]), { unexplained: [outcome], stale: [{ to: 'else' }] });
  t.match(judge([{ ...outcome, outcome: 'killed' }], [known]), { stale: [known] });
  t.match(judge([], [known]), { stale: [] }, 'what was not tried says nothing');
  t.throws(() => readSurvivors('- file: x\n  from: a\n  to: b\n'), {
    message: /entry 1: want file, from, to and why/,
  });
  t.end();
});

t.test('every explanation is of a source that is mutated, and of a line that it has', (t) => {
  for (const { file, from } of readSurvivors()) {
    t.ok(all.includes(file), file);
    t.ok(source(file).split(/\s+/).join(' ').includes(from), `${file}: ${from}`);
  }
  t.end();
});

t.test('there is always something to try', (t) => {
  t.equal(inTurn(all).length, 1);
  t.ok(all.includes(inTurn(all)[0] ?? ''));
  const sources = changedSources(all);
  t.ok(sources.length > 0 && sources.every((s) => all.includes(s)), sources.join(', '));
  t.strictSame(changedSources([], 'no such commit'), []);
  t.end();
});

t.test('what is explained does survive, and everything else of its source is noticed', async (t) => {
  const outcomes = await mutate(['coordinator/src/domain/answer.ts'], 1, Infinity, () => undefined);
  t.ok(outcomes.filter((o) => o.outcome === 'killed').length > 50);
  const { explained, unexplained, stale } = judge(outcomes, readSurvivors());
  t.match([explained.length, unexplained, stale], [2, [], []]);
});

/** Seconds after which no further piece of the work is begun. */
const share = 30;

t.test('mutants of the sources that are worked on are noticed, or explained', async (t) => {
  const sources = changedSources(all);
  const outcomes = await mutate(sources, 1, performance.now() + share * 1000, () => undefined);
  const killed = outcomes.filter((o) => o.outcome === 'killed').length;
  t.ok(
    killed > 0 || outcomes.every((o) => o.outcome !== 'survived'),
    `${killed} of ${outcomes.length} mutants of ${sources.join(', ')} were noticed`,
  );
  const { unexplained } = judge(outcomes, readSurvivors());
  for (const outcome of unexplained) t.fail(`survived: ${outcome.source}`, linesOf(outcome));
});
