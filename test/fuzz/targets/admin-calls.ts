// The calls of operators behind the wire: requests that are well-formed and almost meant, against a small coordinator with a real
// state file, as any role. A hundred calls make one input, so that some meet what others did.
//
// A call answers what admin.proto says, or refuses in words; the audit chain grows by what was done and by nothing else, and
// verifies at the end; and a role that does not suffice is never asked for here: that is server.ts's own test.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { adminMethods, Refused, type AdminCalls, type MethodName } from '../../../proto/src/admin.ts';
import type { Codec } from '../../../proto/src/field.ts';
import { parseId } from '../../../proto/src/ids.ts';
import { maxRowsPerPage } from '../../../proto/src/limits.ts';
import { Malformed } from '../../../proto/src/malformed.ts';
import { roles, type Role } from '../../../proto/src/peer.ts';
import { refusalOf } from '../../../coordinator/src/admin/act.ts';
import { adminCalls as callsOf } from '../../../coordinator/src/admin/service.ts';
import { aScene, quarantine, type Scene } from '../../support/admin-scene.ts';
import { folder } from '../support/folder.ts';
import { isPlain, mutateValue } from '../mutate/value.ts';
import type { Random } from '../random.ts';
import { must, type Target } from '../target.ts';
import { samplesOf } from './admin-messages.ts';

interface Call {
  readonly method: MethodName;
  readonly role: Role;
  readonly raw: unknown;
}

/** What the scene has, and what it has not. */
const ids = {
  host: ['h1', 'h2', 'h9'],
  cell: ['c1', 'c9'],
  uid: ['live-1', 'orphan-1', 'suspect-1', 'undecided-1', 'live-2', 'SVC_live-2', 'nobody'],
  incarnation: ['inc-1', 'x'],
  project: ['p1', 'x'],
  generation: ['sqlite/process', 'manifest-directory/process'],
  witness: ['registry', 'router', 'x'],
  cohort: ['host:h1', 'fleet', 'cell:c1', 'x'],
  pageSize: [1, 2, maxRowsPerPage],
  id: ['1', '2', '99', 'o-suspect-1'],
  decisionVersion: ['1', '3', '4', '5', '6', '7', '8', '9', '99'],
  mode: ['MODE_OBSERVE', 'MODE_PROPOSE', 'MODE_ENFORCE'],
} as const;
const callsPerInput = 100;
/** Events that `WatchEvents` may bring before the operator leaves. */
const maxWatched = 3;

export const adminCalls: Target = {
  name: 'admin-calls',
  about: 'what operators’ calls do to a coordinator',
  open() {
    const home = folder('admin');
    const names = Object.keys(adminMethods) as MethodName[];
    const samples = new Map(
      names.map((name) => [name, samplesOf(adminMethods[name].request as unknown as Codec<never>)]),
    );
    let count = 0;
    return {
      make: (random): readonly Call[] =>
        Array.from({ length: callsPerInput }, () => {
          const method = random.pick(names);
          const raw = fitted(random, random.pick(samples.get(method) ?? [{}]));
          return { method, role: random.pick(roles), raw: random.once(3) ? mutateValue(random, raw) : raw };
        }),
      weight: (input) => (input as readonly unknown[]).length,
      async run(input) {
        const dir = join(home.path, String(count++));
        mkdirSync(dir);
        const scene = await aScene(dir);
        try {
          await quarantine(scene, 'suspect-1');
          const calls = callsOf(scene.deps);
          for (const call of input as readonly Call[])
            if (isCall(call, names)) await check(call, calls, scene);
          const { firstBroken } = await scene.store.verifyAudit();
          must(firstBroken === undefined, 'the audit chain does not verify', firstBroken);
        } finally {
          await scene.store.close();
          rmSync(dir, { recursive: true });
        }
      },
      close: () => home.remove(),
    };
  },
};

async function check({ method, role, raw }: Call, calls: AdminCalls, { store }: Scene): Promise<void> {
  const {
    request: codec,
    reply,
    stream,
  } = adminMethods[method] as unknown as {
    readonly request: Codec<unknown>;
    readonly reply: Codec<unknown>;
    readonly stream: boolean;
  };
  const request = decoded(codec, raw);
  if (request === undefined) return;
  const by = { name: parseId('operator', `ada-${role}`), role };
  const before = await store.latest();
  const answers = await answered(() =>
    stream ? some(calls[method] as AnyStream, request, by) : one(calls[method] as AnyCall, request, by),
  );
  const after = await store.latest();
  if (answers === undefined) {
    must(after.version === before.version, 'a refusal has left something behind', method, request);
    return;
  }
  for (const answer of answers) {
    // What an operator could not read is no answer.
    const again = reply.decode(reply.encode(answer), { parent: undefined, name: method });
    must(again !== undefined, 'an answer of nothing', method);
  }
  const { shape = {} } = codec;
  const isAct = 'reason' in shape;
  must(
    after.version > before.version === isAct,
    isAct ? 'an act that is not in the audit log' : 'reading has written',
    method,
    request,
  );
}

type By = { readonly name: ReturnType<typeof parseId<'operator'>>; readonly role: Role };
type AnyCall = (request: unknown, by: By) => Promise<unknown>;
type AnyStream = (request: unknown, by: By, signal: AbortSignal) => AsyncIterable<unknown>;

async function one(call: AnyCall, request: unknown, by: By): Promise<readonly unknown[]> {
  return [await call(request, by)];
}

async function some(call: AnyStream, request: unknown, by: By): Promise<readonly unknown[]> {
  const leave = new AbortController();
  setImmediate(() => leave.abort());
  const found: unknown[] = [];
  for await (const entry of call(request, by, leave.signal))
    if (found.push(entry) >= maxWatched) leave.abort();
  return found;
}

/** Undefined where it is refused, with a reason. */
async function answered(work: () => Promise<readonly unknown[]>): Promise<readonly unknown[] | undefined> {
  try {
    return await work();
  } catch (error) {
    const refused = error instanceof Refused ? error : refusalOf(error);
    if (refused === undefined) throw error;
    must(
      refused.message.length > 5 && refused.message.length < 4000,
      'a refusal that nobody can read',
      refused.message,
    );
    return undefined;
  }
}

function decoded(codec: Codec<unknown>, raw: unknown): unknown {
  try {
    return codec.decode(raw, { parent: undefined, name: 'request' });
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Names that the scene has, in the place of those of a sample. */
function fitted(random: Random, raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map((item) => fitted(random, item));
  if (!isPlain(raw)) return raw;
  return Object.fromEntries(
    Object.entries(raw).map(([name, item]) => {
      const known = Object.hasOwn(ids, name) ? ids[name as keyof typeof ids] : undefined;
      if (known !== undefined && typeof item !== 'object') return [name, random.pick<string | number>(known)];
      return [name, name === 'reason' ? 'ticket 4711' : fitted(random, item)];
    }),
  );
}

function isCall(call: unknown, names: readonly MethodName[]): call is Call {
  return (
    isPlain(call) && names.includes(call['method'] as MethodName) && roles.includes(call['role'] as Role)
  );
}
