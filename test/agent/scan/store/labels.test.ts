import t from 'tap';
import { openLabels } from '../../../../agent/src/scan/store/labels.ts';
import { never, object } from '../support.ts';

const store = openLabels({ fields: { uid: 'APP_UID', project: 'APP_PROJECT' } });

t.test('a record is what the runtime keeps with the object', async (t) => {
  const labels = { APP_UID: 'u-1', APP_PROJECT: 'p-1', SECRET: 'x' };
  const { records, problems } = await store.read([object('u-other', 5, { labels })], never);
  t.strictSame(problems, []);
  t.strictSame(records, [
    {
      uid: 'u-1',
      project: 'p-1',
      argv: undefined,
      cwd: undefined,
      env: undefined,
      path: '/proc/5',
      of: '5:1',
    },
  ]);
});

t.test('a label that is missing or misspelled is a problem, and shows no value', async (t) => {
  const { records, problems } = await store.read(
    [
      object('u-1', 5, { labels: { APP_UID: 'u-1', SECRET: 's3cret' } }),
      object('u-2', 6, { labels: { APP_UID: 's3cret uid', APP_PROJECT: 'p' } }),
    ],
    never,
  );
  t.strictSame(records, []);
  t.match(problems, [
    {
      path: '/proc/5',
      code: 'missing-field',
      message: /servo u-1: field "APP_PROJECT" is missing/,
      contentSha256: /^[0-9a-f]{64}$/,
    },
    { path: '/proc/6', code: 'bad-value', message: /"APP_UID" is no servo uid/ },
  ]);
  t.notMatch(JSON.stringify(problems), /s3cret/);
});

t.test('names of every object are no labels', async (t) => {
  const odd = openLabels({ fields: { uid: 'toString' } });
  t.match(await odd.read([object('u-1', 5)], never), { records: [], problems: [{ code: 'missing-field' }] });
});
