// `npm run crash`: counts every durable write, kills the real programs at each of them, stops them at some, and damages what they
// keep. See CONTRIBUTING.md.
import { Campaign } from './campaign.ts';
import { parseWords, usage, Wrong } from './options.ts';
import { keepWrites, knownWrites, pointsOf } from './point.ts';
import { pointHead, pointLine } from './table.ts';

function words(): ReturnType<typeof parseWords> {
  try {
    return parseWords(process.argv.slice(2), pointsOf(knownWrites()).length);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    console.error(`${error.message}\n${usage}`);
    return process.exit(2);
  }
}

const { list, write, only, jobs, seed, json, help } = words();
if (help) {
  console.log(usage);
  process.exit(0);
}

/** Damaged files of each kind. */
const damage = 200;

const campaign = new Campaign((line) => console.log(line));
if (list) {
  await campaign.count(jobs);
  console.log(pointHead);
  for (const point of campaign.points) console.log(pointLine(point));
} else if (only !== undefined) {
  const { points, pauses, parts } = only;
  await campaign.run({ jobs, points: (number) => points.has(number), pauses, parts, damage, seed });
} else {
  console.log(`seed ${seed}`);
  await campaign.count(jobs);
  await campaign.run({ jobs, points: () => true, pauses: undefined, damage, seed });
}
if (write) keepWrites(campaign.writes);
const result = campaign.result();
for (const line of campaign.summary()) console.log(line);
if (json) console.log(JSON.stringify(result));
process.exitCode = result.failed === 0 ? 0 : 1;
