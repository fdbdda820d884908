// A tenth of the ablations, another one with every commit: each gate of it carries its weight. All of them: `npm run ablation`.
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { instrument } from './build.ts';

t.setTimeout(600_000);
const ablation = instrument();
// The product must not be loaded before it is instrumented.
const { worth } = await import('./run.ts');
const { allScenes, uncovered } = await import('./scenes/index.ts');
const { backstops } = await import('./backstops.ts');

const scenes = allScenes(ablation);
const tenths = 10;

/** Which tenth: by the commit, or by the day where there is none. */
function turn(): number {
  try {
    return (
      parseInt(execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).slice(0, 8), 16) % tenths
    );
  } catch {
    return Math.floor(Date.now() / 86_400_000) % tenths;
  }
}

t.test('a world is directed at every gate, every limit and every check of the agent', (t) => {
  t.same(uncovered(scenes), []);
  const names = scenes.map((scene) => scene.gate);
  t.equal(new Set(names).size, names.length, 'each once');
  t.same(
    Object.keys(backstops).filter((name) => !names.includes(name)),
    [],
    'and backstops are declared of nothing else',
  );
  t.end();
});

const tenth = turn();
t.comment(`tenth ${tenth} of the ablations, by the commit`);
for (const scene of scenes.filter((_scene, i) => i % tenths === tenth))
  t.test(scene.gate, async (t) => {
    const row = await worth(scene, ablation);
    t.same(row.wrong, [], `${row.withIt} -> ${row.without} ${row.behind}, ${row.broken} broken`);
  });
