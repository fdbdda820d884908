// What hosts.ts does beside its screens, which screens.test.ts shows.
import t from 'tap';
import { allHosts } from '../../../coordinator/src/cli/hosts.ts';
import type { Session } from '../../../coordinator/src/cli/session.ts';

/** A coordinator that answers with these page tokens, one after the other, and with the last one for ever. */
function pagesOf(tokens: readonly (string | undefined)[]) {
  let asked = 0;
  const call = () =>
    Promise.resolve({
      hosts: [{ id: `h${asked}` }],
      nextPageToken: tokens[Math.min(asked++, tokens.length - 1)],
    });
  return { session: { call } as unknown as Pick<Session, 'call'>, asked: () => asked };
}

t.test('hosts come in pages, which end', async (t) => {
  const { session } = pagesOf(['a', 'b', undefined]);
  t.match(await allHosts(session, { all: true }), [{ id: 'h0' }, { id: 'h1' }, { id: 'h2' }]);
  for (const tokens of [['a'], ['a', 'b', 'a']]) {
    const circle = pagesOf(tokens);
    await t.rejects(allHosts(circle.session, { all: true }), {
      ending: 'refused',
      message: /go round in a circle/,
    });
    t.equal(circle.asked(), tokens.length + (tokens.length === 1 ? 1 : 0), 'no page is asked for twice');
  }
});
