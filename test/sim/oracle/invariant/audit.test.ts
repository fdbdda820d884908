import t from 'tap';
import { at, digestOf, judged } from '../story.ts';
import type { WorldEvent } from '../../event.ts';

const appended = (version: number, hash = version) =>
  at(version, { kind: 'audit.appended', version, hash: digestOf(hash) });
const verified = (atMs: number, entries: number, hash = entries, firstBroken?: number) =>
  at(atMs, { kind: 'audit.verified', entries, hash: digestOf(hash), firstBroken });
const says = (...events: readonly WorldEvent[]) => judged(events).map((v) => v.message);

t.test('a chain that grows and verifies', (t) => {
  t.same(says(appended(1), appended(2), appended(5), verified(10, 5), verified(11, 6)), []);
  t.end();
});

t.test('a chain that does not verify, is too short, or ends otherwise', (t) => {
  t.match(says(appended(1), verified(10, 1, 1, 1)), [/does not verify at decision 1/]);
  t.match(says(appended(1), appended(2), verified(10, 1)), [/has 1 entries, and decision 2 was made/]);
  t.match(says(appended(1), appended(2), verified(10, 2, 7)), [/ends with another decision 2/]);
  t.end();
});

t.test('a number that names two decisions, or comes late', (t) => {
  t.match(says(appended(1), appended(2), { ...appended(2, 9), atMs: 3 }), [/decision 2 has two hashes/]);
  t.match(says(appended(1), appended(3), { ...appended(2), atMs: 4 }), [
    /decision 2 was appended after decision 3/,
  ]);
  t.end();
});

t.test('a state that was rewound begins again from there', (t) => {
  const rewound = at(10, { kind: 'state.rewound', toVersion: 1 });
  const again = { ...appended(2, 9), atMs: 11 };
  t.same(says(appended(1), appended(2), rewound, again, verified(12, 2, 9)), []);
  t.end();
});
