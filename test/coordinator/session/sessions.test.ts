// The newest session of a host is the one that is spoken to, and an old one that ends does not take it away.
import t from 'tap';
import type { Line } from '../../../coordinator/src/session/sessions.ts';
import { Sessions } from '../../../coordinator/src/session/sessions.ts';
import { h1, h2 } from '../../support/build.ts';

function line(host = h1): Line & { readonly said: string[] } {
  const said: string[] = [];
  return {
    host,
    said,
    agentNonce: undefined,
    send: (message) => void said.push(message.kind),
    ask: () => void said.push('ask'),
    end: (code) => void said.push(`end ${code}`),
  };
}

t.test('the newest line counts', async (t) => {
  const sessions = new Sessions();
  const [old, young] = [line(), line()];
  t.equal(sessions.add(old), undefined);
  t.equal(sessions.add(young), old, 'who was replaced is named');
  t.equal(sessions.line(h1), young);
  sessions.remove(old);
  t.equal(sessions.line(h1), young, 'the old one is over, the young one stays');
  sessions.remove(young);
  t.equal(sessions.line(h1), undefined);
  t.equal(sessions.count, 0);
});

t.test('all are told at the end', async (t) => {
  const sessions = new Sessions();
  const lines = [line(h1), line(h2)];
  for (const each of lines) sessions.add(each);
  sessions.endAll('stopping', 'bye');
  t.strictSame(
    lines.map((l) => l.said),
    [['end stopping'], ['end stopping']],
  );
});
