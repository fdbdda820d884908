import t from 'tap';
import { EngineError, openClient } from '../../../../../agent/src/scan/runtime/docker/client.ts';
import { front, say, type Fate } from '../../../../engines/front.ts';

const version = { ApiVersion: '1.41', MinAPIVersion: '1.12' };

async function client(t: Parameters<typeof front>[0], fate: (asked: string) => Fate, timeoutMs = 5000) {
  const engine = await front(t, '/nowhere');
  engine.fate = (asked) => (asked === 'GET /version' ? say(200, version) : fate(asked));
  const opened = openClient(engine.socket, timeoutMs);
  t.teardown(() => opened.close());
  return { engine, client: opened };
}

t.test('agrees on the newest version that both know, once', async (t) => {
  const { client: c, engine } = await client(t, () => say(200, { a: 1 }));
  t.strictSame(await c.ask('GET', '/x'), { status: 200, value: { a: 1 } });
  await c.ask('GET', '/y');
  t.strictSame(engine.asked, ['GET /version', 'GET /x', 'GET /y']);
});

t.test('an engine that speaks no version of ours is refused with both ranges', async (t) => {
  for (const said of [{ ApiVersion: '1.24' }, { ApiVersion: '1.99', MinAPIVersion: '1.60' }, {}, []]) {
    const { client: c, engine } = await client(t, () => say(200, {}));
    engine.fate = () => say(200, said);
    await t.rejects(c.ask('GET', '/x'), {
      name: 'EngineError',
      message: /this agent 1\.40 to 1\.47/,
      status: 505,
    });
  }
});

t.test('a refusal says what the engine says; an expected one is an answer', async (t) => {
  const { client: c } = await client(t, () => say(409, { message: 'it is in the way' }));
  await t.rejects(c.ask('POST', '/x'), {
    status: 409,
    message: 'POST /v1.41/x was answered 409: it is in the way',
  });
  t.strictSame(await c.ask('POST', '/x', { also: [409] }), { status: 409, value: undefined });
});

t.test('what is no JSON is an error', async (t) => {
  const { client: c } = await client(t, () => say(200, '[{"Id": '));
  await t.rejects(c.ask('GET', '/x'), /was answered with what is no JSON/);
});

t.test('silence ends in time, and says how long it was waited', async (t) => {
  const { client: c } = await client(t, () => ({ kind: 'silence' }), 200);
  const began = performance.now();
  await t.rejects(c.ask('GET', '/x'), { status: 0, message: /did not answer within 200 ms/ });
  t.ok(performance.now() - began < 5000);
});

t.test('a caller that gives up is obeyed at once, with its own reason', async (t) => {
  const { client: c } = await client(t, () => ({ kind: 'silence' }));
  const over = new AbortController();
  const asking = c.ask('GET', '/x', { signal: over.signal });
  over.abort(new Error('enough'));
  await t.rejects(asking, /enough/);
});

t.test('an engine that is not there, or went away, is said so', async (t) => {
  const nowhere = openClient('/nowhere/x.sock', 1000);
  await t.rejects(nowhere.ask('GET', '/x'), {
    status: 0,
    message: /no engine on \/nowhere\/x\.sock: is it running/,
  });
  const { client: c } = await client(t, () => ({ kind: 'break' }));
  const error: unknown = await c.ask('GET', '/x').catch((e: unknown) => e);
  t.ok(error instanceof EngineError && error.status === 0);
  t.match(error, { message: /went away while it was asked/ });
});

t.test('after it was away its version is asked again: it may be another engine by now', async (t) => {
  let broken = true;
  const { client: c, engine } = await client(t, () => (broken ? { kind: 'break' } : say(200, {})));
  await t.rejects(c.ask('GET', '/x'));
  broken = false;
  await c.ask('GET', '/x');
  t.equal(engine.asked.filter((one) => one === 'GET /version').length, 2);
});
