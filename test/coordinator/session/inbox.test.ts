// A snapshot comes in one piece and within its limits, or not at all.
import t, { type Test } from 'tap';
import { maxServosPerChunk, maxServosPerHost } from '@servo-auditor/proto/limits.ts';
import { Inbox, OutOfPlace } from '../../../coordinator/src/session/inbox.ts';
import { digest } from '../../support/build.ts';
import { aNonce, mark, servosOf } from '../../support/raw-agent.ts';

const begin = (count: number) => ({
  echoNonce: aNonce(),
  digest,
  count,
  problems: [],
  agentNonce: aNonce(),
  journal: mark(1),
});
const servos = (count: number) => servosOf(Array.from({ length: count }, (_, i) => `s${i}`));

function refused(t: Test, work: () => void, says: RegExp): void {
  t.throws(work, says);
  try {
    work();
  } catch (error) {
    t.ok(error instanceof OutOfPlace, 'ends the session as malformed');
  }
}

t.test('chunks are put together in their order', async (t) => {
  const inbox = new Inbox();
  t.notOk(inbox.open);
  inbox.begin(begin(3));
  t.ok(inbox.open);
  const [a, b, c] = servos(3);
  inbox.chunk([a, b].filter((s) => s !== undefined));
  inbox.chunk([c].filter((s) => s !== undefined));
  const got = inbox.end();
  t.strictSame(
    got.servos.map((s) => s.uid),
    ['s0', 's1', 's2'],
  );
  t.equal(got.begin.count, 3);
  t.notOk(inbox.open, 'ready for the next');
  inbox.begin(begin(0));
  t.strictSame(inbox.end().servos, [], 'nothing of the one before is left');
});

t.test('out of place', async (t) => {
  const inbox = new Inbox();
  refused(t, () => inbox.chunk(servos(1)), /without snapshot_begin/);
  refused(t, () => inbox.end(), /without snapshot_begin/);
  inbox.begin(begin(2));
  refused(t, () => inbox.begin(begin(2)), /snapshot_begin within a snapshot/);
});

t.test('limits', async (t) => {
  const inbox = new Inbox();
  refused(t, () => inbox.begin(begin(maxServosPerHost + 1)), /at most 20000/);
  inbox.begin(begin(maxServosPerHost));
  refused(t, () => inbox.chunk(servos(maxServosPerChunk + 1)), /at most 500/);
});

t.test('more or fewer servos than were announced', async (t) => {
  const more = new Inbox();
  more.begin(begin(1));
  refused(t, () => more.chunk(servos(2)), /more servos than snapshot_begin\.count \(1\)/);
  const fewer = new Inbox();
  fewer.begin(begin(2));
  fewer.chunk(servos(1));
  refused(t, () => fewer.end(), /ended with 1 servos, snapshot_begin\.count was 2/);
});
