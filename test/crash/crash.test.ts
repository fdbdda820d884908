// A share of the crash points and of the pauses, another one each time, and damage to an agent's journal or the coordinator's state
// in places that are chosen anew. All of them: `npm run crash`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Campaign } from './campaign.ts';
import { damageParts } from './damage/parts.ts';
import { parseWords } from './options.ts';
import { pauses } from './pauses.ts';
import { keyOf, knownWrites, pointsOf } from './point.ts';
import { scenes } from './scenes/index.ts';

t.setTimeout(900_000);
/** Of which one is tried: a minute and a half or so on two idle cores. */
const shares = 10;
const worlds = 2;
const root = join(import.meta.dirname, '../..');
/** Damaged files of each kind. */
const each = 10;

t.test('the kept list', (t) => {
  const writes = knownWrites();
  t.equal(new Set(writes.map(keyOf)).size, writes.length, 'each write once');
  const names = new Set(writes.map(({ scene }) => scene));
  t.same(
    scenes.map(({ name }) => name).filter((name) => !names.has(name)),
    [],
    'every scene writes something',
  );
  for (const { scene, place } of writes) {
    const own = scenes.find(({ name }) => name === scene)?.own;
    if (own?.test(place) !== true) t.fail(`${scene}: ${place} is none of its own`);
  }
  for (const { program, place } of writes) {
    const [, file = '', name = ''] = /^(\S+\.ts):(\S*) /.exec(place) ?? [];
    const sources = [program, 'proto'].map((folder) => join(root, folder, 'src', file));
    const source = sources.find(existsSync);
    if (source === undefined || !readFileSync(source, 'utf8').includes(name))
      t.fail(`${place}: no such function; npm run crash -- --list --write adds what is written now`);
  }
  t.end();
});

t.test('words', (t) => {
  t.strictSame([...(parseWords(['--point', '1,5-7'], 9).only?.points ?? [])], [1, 5, 6, 7]);
  for (const words of [
    ['--point', '0'],
    ['--point', '3-2'],
    ['--point', '10'],
    ['--point', ''],
    ['--jobs', '0'],
    ['--seed', 'x'],
    ['--what'],
    ['--pause', 'long'],
    ['--damage', 'all'],
    ['--write', '--point', '1'],
    ['1'],
  ])
    t.throws(() => parseWords(words, 9), { name: 'Wrong' }, words.join(' '));
  t.end();
});

const seed = (Date.now() % 999_999) + 1;
const share = seed % shares;
const isChosen = (_what: unknown, i: number): boolean => i % shares === share;
const points = new Set(
  pointsOf(knownWrites())
    .filter(isChosen)
    .map(({ number }) => number),
);
const paused = pauses.map(({ name }) => name).filter(isChosen);
const parts = damageParts.filter(isChosen);
t.comment(`share ${share} of ${shares}, seed ${seed}`);
const campaign = new Campaign((line) => t.comment(line));
await campaign.run({
  jobs: worlds,
  points: (number) => points.has(number),
  pauses: paused,
  damage: each,
  parts,
  seed,
});
for (const line of campaign.summary()) t.comment(line);
t.same(campaign.problems, []);
t.equal(campaign.outcomes.length, points.size, 'each was tried');
for (const { point, wrong } of campaign.outcomes)
  t.same(wrong, [], `${point.number} ${point.place} ${point.moment}`);
t.same(campaign.result().failed, 0);
