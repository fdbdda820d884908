// The ablation itself has teeth: it complains of a gate that moves nothing, and of a switch whose place in the source is gone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Ablation } from './build.ts';
import { worth } from './run.ts';
import type { Scene } from './scene.ts';
import { agentChecks, edited, edits, root } from './switches.ts';

const ablation: Ablation = { off: new Set(), used: new Set(), planned: () => undefined };

/** A world in which so many are stopped, by what is off; asking for a switch counts as being in somebody's way. */
const scene = (gate: string, stopped: (off: (name: string) => boolean) => number): Scene => ({
  gate,
  world: '',
  invariant: '',
  behind: 'stopped',
  play: (_tidy, arm) => {
    arm();
    const off = (name: string): boolean => {
      if (ablation.off.has(name)) ablation.used.add(name);
      return ablation.off.has(name);
    };
    const n = stopped(off);
    const refusedBy = n === 0 ? [gate] : [];
    const funnel = { orphan: 0, planned: 0, ordered: 0, asked: 0, stopped: n };
    return Promise.resolve({ funnel, refusedBy, everRefused: refusedBy });
  },
});

t.test('a gate that alone holds something back carries weight', async (t) => {
  const row = await worth(
    scene('swap', (off) => (off('swap') ? 2 : 0)),
    ablation,
  );
  t.match(row, { wrong: [], alone: 'yes', broken: 2, withIt: 0, without: 2 });
  t.equal(ablation.off.size, 0, 'and everything is on again');
});

t.test('what shows nothing is said', async (t) => {
  const dead = await worth(
    scene('swap', () => 0),
    ablation,
  );
  t.match(
    dead.wrong.join('; '),
    /nothing breaks.*no more wrong proposals.*swap, check:match stood in nobody's way/,
  );
  const broken = await worth(
    scene('swap', (off) => (off('swap') ? 2 : 1)),
    ablation,
  );
  t.match(
    broken.wrong.join('; '),
    /with everything on, 1 are stopped.*does not refuse.*does not hold by itself/,
  );
  const shadowed = await worth(
    scene('hold', (off) => (off('hold') && off('check:hold') ? 1 : 0)),
    ablation,
  );
  t.match(shadowed.wrong, [/no more wrong proposals/, /yes:hold stood in nobody's way/]);
});

t.test('an edit whose place is gone, or is there twice, is an error', (t) => {
  const edit = { file: 'a.ts', find: 'refuse()', by: 'pass()' };
  t.equal(edited('a.ts', 'if (bad) refuse()', [edit]), 'if (bad) pass()');
  t.throws(
    () => edited('a.ts', 'nothing', [edit]),
    /a\.ts: refuse\(\) stands there 0 times: the source has changed/,
  );
  t.throws(() => edited('a.ts', 'refuse() refuse()', [edit]), /2 times/);
  t.throws(() => edited('a.ts', 'nothing', [{ ...edit, find: /refuse/g }]), /0 times/);
  for (const file of new Set(edits.map((e) => e.file)))
    t.not(edited(file, readFileSync(join(root, file), 'utf8')), readFileSync(join(root, file), 'utf8'), file);
  t.ok(agentChecks().includes('agent:signature'));
  t.end();
});
