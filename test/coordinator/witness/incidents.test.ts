// What public incidents did to the source that a reaper believed, against the real readers and the rule that accepts.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { accept, freshLevels, type Marks } from '../../../coordinator/src/witness/accept.ts';
import { WitnessDesk } from '../../../coordinator/src/witness/desk.ts';
import { httpWitness, plainAnswer } from '../../../coordinator/src/witness/http.ts';
import type { Witness } from '../../../coordinator/src/witness/port.ts';
import { at, hour, policy } from '../../support/build.ts';
import { FleetUnderTest, registryProfile } from '../../support/fleet.ts';
import { failure, never } from '../../support/witness.ts';

/** The platform's registry over HTTP. A fault replaces the answer to one page, by its number. */
class Registry {
  projects = 0;
  pageSize = 100;
  sequence = 0;
  fault: ((page: number, response: ServerResponse) => boolean) | undefined;
  #page = 0;

  constructor(projects: number) {
    this.projects = projects;
  }

  answer(cursor: string | null, response: ServerResponse): void {
    if (cursor === null) {
      this.sequence++;
      this.#page = 0;
    }
    if (this.fault?.(++this.#page, response) === true) return;
    const from = Number(cursor ?? 0);
    const end = Math.min(from + this.pageSize, this.projects);
    const items = Array.from({ length: end - from }, (_, i) => ({
      uid: `u${from + i}`,
      host: `h${(from + i) % 5}`,
    }));
    this.send(response, { items, total: this.projects, next: end < this.projects ? String(end) : null });
  }

  send(response: ServerResponse, body: object): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ lineage: 'r', sequence: this.sequence, ...body }));
  }
}

async function aWorld(t: Pick<typeof import('tap').t, 'teardown'>, projects: number) {
  const registry = new Registry(projects);
  const server = createServer((request, response) =>
    registry.answer(new URL(request.url ?? '/', 'http://x').searchParams.get('cursor'), response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const witness = httpWitness({
    profile: registryProfile,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/servos`,
    fields: { uid: 'uid', host: 'host' },
    answer: plainAnswer,
    maxRows: 10_000,
  });
  const { fleet } = new FleetUnderTest();
  let marks: Marks | undefined;
  /** One reading: its message when it waits, else how many claims were accepted. */
  const read = async (): Promise<string | number> => {
    const builder = fleet.beginSnapshot(registryProfile.id, at(0));
    const { version, lineage, rows } = await witness.read(builder, never);
    const finished = await builder.finish();
    const seen = { version, lineage, levels: finished.levels };
    const answer = accept(marks, seen, policy, hour);
    if (answer.kind === 'waiting') return answer.waiting.message;
    marks = { version, lineage, levels: answer.levels };
    return rows;
  };
  return { registry, read };
}

t.test('argocd-empty: a call that failed is no empty answer, and an empty one is not believed', async (t) => {
  const { registry, read } = await aWorld(t, 250);
  t.equal(await read(), 250);
  registry.fault = (page, response) => {
    if (page === 2) response.writeHead(500).end();
    return page === 2;
  };
  t.match(await failure(read()), /page 2: HTTP 500; want 200/, 'fails in mid-stream');
  registry.fault = (_page, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>');
    return true;
  };
  t.match(await failure(read()), /page 1: content type text\/html/, 'answers HTML');
  registry.fault = (page, response) => {
    if (page === 3) response.writeHead(200, { 'content-type': 'application/json' }).end('{"items": [');
    return page === 3;
  };
  t.match(await failure(read()), /page 3: is no JSON/, 'half a page');
  registry.fault = undefined;
  registry.projects = 0;
  t.match(
    await read(),
    /claims of all servos fell from 250 to 0: 250 fewer, at most 1 may go/,
    'OK and empty',
  );
  t.match(await read(), /fell from 250 to 0/, 'for as long as it takes');
  registry.projects = 250;
  t.equal(await read(), 250, 'the fault over, it counts again by itself');
});

t.test('travis-2016: the reply held the newest hundred', async (t) => {
  const { registry, read } = await aWorld(t, 101);
  t.equal(await read(), 101);
  registry.fault = (page, response) => {
    if (page > 1) return false;
    registry.send(response, { items: [], total: 101, next: null });
    return true;
  };
  t.match(await failure(read()), /0 items came, \/total says 101: not the whole/);
  registry.fault = (page, response) => {
    const items = Array.from({ length: 100 }, (_, i) => ({ uid: `u${i}`, host: 'h0' }));
    registry.send(response, { items, total: 101, next: null });
    return page === 1;
  };
  t.match(await failure(read()), /100 items came, \/total says 101/, 'the last page is lost');
  registry.fault = undefined;
  registry.pageSize = 30;
  t.equal(await read(), 101, 'the server lowered its page size, and the proof holds');
  registry.projects = 60;
  t.match(
    await read(),
    /claims of all servos fell from 101 to 60: 41 fewer, at most 20/,
    'a whole, short reply',
  );
});

t.test('nomad-stale-read: a server that lags behind, in readings and in look-ups', async (t) => {
  const { registry, read } = await aWorld(t, 40);
  registry.sequence = 50;
  t.equal(await read(), 40);
  registry.sequence = 20;
  t.match(await read(), /its version went back from 51 to 21: restored from a backup, or a lagging replica/);
  registry.sequence = 51;
  t.equal(await read(), 40);

  const uid = parseId('servo uid', 'u1');
  const stale: Witness = {
    profile: registryProfile,
    read: () => Promise.reject(new Error('not asked')),
    lookup: () => Promise.resolve({ claims: [], version: 30, lineage: 'r' }),
    close: () => Promise.resolve(),
  };
  const desk = new WitnessDesk([stale], policy);
  desk.accept(registryProfile.id, {
    number: 1,
    startedAt: at(0),
    tookMs: 1,
    version: 52,
    lineage: `r ${registryProfile.mappingHash}`,
    claims: 40,
  });
  t.match(await failure(desk.lookup(stale, uid)), /version 30 answered; want 52 or later/);
});

t.test('a drip: one claim an hour is deletions, all of them in a day is not', (t) => {
  let marks: Marks = {
    version: 0,
    lineage: 'r',
    levels: freshLevels({ version: 0, lineage: 'r', levels: { total: 100 } }, 0),
  };
  let lost = 0;
  for (let hours = 1; hours <= 400; hours++) {
    const seen = { version: hours, lineage: 'r', levels: { total: 100 - lost - 1 } };
    const answer = accept(marks, seen, policy, hours * hour);
    if (answer.kind === 'waiting') continue;
    lost++;
    marks = { ...marks, version: hours, levels: answer.levels };
  }
  t.equal(lost, 20, 'and waiting for 380 hours has not made the rest acceptable');
  t.end();
});
