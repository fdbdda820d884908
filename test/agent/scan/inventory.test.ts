import t from 'tap';
import { compareServos, inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { maxProblems } from '@servo-auditor/proto/limits.ts';
import { boundProblems, makeInventory } from '../../../agent/src/scan/inventory.ts';
import { pair } from '../../../agent/src/scan/pair.ts';
import { problem } from '../../../agent/src/scan/problem.ts';
import { at, object, record } from './support.ts';

const generation = parseId('generation', 'sqlite/process');
const base = {
  generation,
  problems: [],
  began: at(0),
  sampled: at(1),
  before: new Map(),
  limits: { windowMs: 1, quietCpuPermille: 10, quietBytesPerS: 200 },
};

t.test('rows stand in canonical order, with a digest over their identities', async (t) => {
  const pairs = pair(
    [record('u-2'), record('u-1')],
    [object('u-2', 5), object('u-1', 6), object('U-3', 7)],
    [],
  );
  const inventory = makeInventory({ ...base, pairs });
  t.strictSame(
    inventory.servos.map((s) => s.uid),
    ['U-3', 'u-1', 'u-2'],
  );
  t.strictSame(inventory.servos, inventory.servos.toSorted(compareServos));
  t.equal(inventory.digest, inventoryDigest(generation, inventory.servos));
  t.strictSame(inventory.servos[1], {
    uid: 'u-1',
    incarnation: 'b:6:1',
    runtimeId: '6:1',
    project: 'p-1',
    state: 'running',
    activity: 'measuring',
    contradiction: 'none',
    connections: 0,
  });
  t.ok(inventory.complete);
  t.equal(makeInventory({ ...base, pairs: pairs.toReversed() }).digest, inventory.digest);
});

t.test('state, activity and project are not covered by the digest; identity is', async (t) => {
  const digest = (...given: Parameters<typeof pair>) =>
    makeInventory({ ...base, pairs: pair(...given) }).digest;
  const plain = digest([record('u-1')], [object('u-1', 5)], []);
  t.equal(
    digest(
      [record('u-1', { project: undefined })],
      [object('u-1', 5, { usage: { cpuMs: 9, cpuStepMs: 1, connections: 4 } })],
      [],
    ),
    plain,
  );
  t.not(digest([record('u-1')], [object('u-1', 6)], []), plain);
});

t.test('facts hold what started it: the record first, then what runs', async (t) => {
  const launchOf = (...given: Parameters<typeof pair>) =>
    makeInventory({ ...base, pairs: pair(...given) }).facts.get(parseId('servo uid', 'u-1'))?.[0]?.launch;
  const runs = object('u-1', 5, { argv: ['title'], cwd: '/x', labels: { A: 'now', B: '2' } });
  const full = { argv: ['node'], cwd: '/srv', env: { A: 'then', C: '3' } };
  t.strictSame(launchOf([record('u-1', full)], [runs], []), {
    argv: ['node'],
    cwd: '/srv',
    env: { A: 'now', B: '2', C: '3' },
  });
  t.strictSame(launchOf([record('u-1')], [runs], []), {
    argv: ['title'],
    cwd: '/x',
    env: { A: 'now', B: '2' },
  });
  t.strictSame(launchOf([record('u-1', full)], [], []), full);
  t.equal(launchOf([record('u-1')], [], []), undefined);
  t.equal(launchOf([record('u-1')], [object('u-1', 5, { cwd: undefined })], []), undefined);
});

t.test('one problem makes it incomplete, and the rest is still there', async (t) => {
  const inventory = makeInventory({
    ...base,
    pairs: pair([record('u-1')], [object('u-1', 5)], []),
    problems: [problem('/x', 'not-json', 'no')],
  });
  t.notOk(inventory.complete);
  t.equal(inventory.servos.length, 1);
});

t.test('problems are bounded, in a fixed order, and the last one counts the rest', async (t) => {
  const many = Array.from({ length: maxProblems + 50 }, (_, i) =>
    problem(`/x/${String(i).padStart(4, '0')}`, 'not-json', 'no', `${i}`),
  );
  const bounded = boundProblems(many.toReversed());
  t.equal(bounded.length, maxProblems);
  t.strictSame(bounded.slice(0, -1), many.slice(0, maxProblems - 1));
  t.match(bounded.at(-1), {
    path: 'inventory',
    code: 'more-problems',
    message: /^51 more problems, beginning with \/x\/0099/,
  });
  t.notOk(bounded.at(-1)?.contentSha256, 'what is not listed cannot be acknowledged');
  t.equal(boundProblems(many.slice(0, maxProblems)).length, maxProblems);
});

t.test('a problem fits the wire, whatever the file is called', async (t) => {
  const long = problem(`/${'x'.repeat(5000)}.json`, 'not-json', 'y'.repeat(5000));
  t.ok(long.path.length <= 1024 && long.message.length <= 500);
  t.equal(problem('/a\nb', 'x', 'c\u0007d').path, '/a?b');
});
