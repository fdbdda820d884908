// servoctl's arguments: words that are almost a command. The program runs in this process, with everything that it does, up to
// the network: there a coordinator stands that reads the request's bytes as the real one does, and answers something right.
//
// Whatever the words are, the command ends with a documented code and says something; and what it asks is a request that the
// coordinator takes, which means what the words say: a filter that was given is in it, and "all" only where none was.
import { registerHooks } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { adminMethods, CallFailed, type MethodName } from '../../../proto/src/admin.ts';
import type { Codec } from '../../../proto/src/field.ts';
import { adminService } from '../../../proto/src/load.ts';
import { Malformed } from '../../../proto/src/malformed.ts';
import { rawOf } from '../../proto/support/samples.ts';
import { folder } from '../support/folder.ts';
import { mutateText } from '../mutate/text.ts';
import { isPlain } from '../mutate/value.ts';
import type { Random } from '../random.ts';
import { must, type Opened, type Target } from '../target.ts';

/** What the commands of one run have asked. */
export interface Asked {
  readonly method: MethodName;
  readonly request: Readonly<Record<string, unknown>>;
}

const values = [
  'h1',
  'c1',
  'u-1',
  'p-1',
  'sqlite/process',
  'orphan',
  'observe',
  'enforce',
  '1',
  '10',
  '1 h',
  'ticket 4711',
  'a'.repeat(64),
  'host:h1',
  'registry',
  'quarantined',
  '/x/y.json',
  'fleet',
] as const;

/** Commands that write files by themselves. */
const offline = 'pki';

export const cli: Target = {
  name: 'cli',
  about: 'the arguments of servoctl',
  async open(): Promise<Opened> {
    const asked: Asked[] = [];
    const hooks = answering(asked);
    // Only now, so that it meets the coordinator from above.
    const { runCli, programOf } = await import('../../../coordinator/src/cli/run.ts');
    const { createCa, issueOperator } = await import('../../../coordinator/src/pki.ts');
    const { parseId } = await import('../../../proto/src/ids.ts');
    hooks.deregister();
    const home = folder('cli');
    await createCa(join(home.path, 'pki'), 'example.test');
    const files = await issueOperator(join(home.path, 'pki'), parseId('operator', 'ada'), 'admin');
    const connection = [
      '--address',
      'localhost:1',
      '--ca',
      files.ca,
      '--cert',
      files.cert,
      '--key',
      files.key,
    ];
    const io = { env: {}, colours: false, signal: new AbortController().signal };
    const commands = leaves(programOf({ ...io, out: () => undefined, err: () => undefined })).filter(
      ({ path }) => path[0] !== offline,
    );
    return {
      make: (random) => someWords(random, commands),
      async run(input) {
        // Arguments come as UTF-8, which has no half characters.
        const words = (input as readonly unknown[])
          .filter((word) => typeof word === 'string')
          .map((word) => word.toWellFormed());
        if (words.includes(offline)) return;
        asked.length = 0;
        let out = '';
        let err = '';
        const told = {
          ...io,
          out: (text: string) => void (out += text),
          err: (text: string) => void (err += text),
        };
        const code = await runCli([...connection, ...words], told);
        must([0, 1, 2, 3].includes(code), 'an exit code that is not documented', code);
        must(out !== '' || err !== '' || asked.length > 0, 'a command that says nothing', words);
        must(!/unexpected:|\n {4}at /.test(err), 'an unexpected error', words, err);
        must(
          code !== 2 || asked.every(({ method }) => method === 'Status'),
          'a wrong command was asked all the same',
          words,
          asked,
        );
        for (const { request } of asked) checkRequest(words, request);
      },
      close: () => home.remove(),
    };
  },
};

/** "all" is what a list without a filter means, and nothing else does. */
function checkRequest(words: readonly string[], request: Readonly<Record<string, unknown>>): void {
  const said = JSON.stringify(request);
  must(said.length < 100_000, 'a request beyond all bounds', said.length);
  const filters = words.filter((w) => /^--(host|cell|project|uid|verdict|state)(=|$)/.test(w));
  must(
    request['all'] !== true || filters.length === 0 || words.includes('--'),
    'a filter was given, and all were asked for',
    words,
    request,
  );
}

interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

function leaves(command: Command, path: readonly string[] = []): readonly Leaf[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((inner) => leaves(inner, [...path, inner.name()]));
}

function someWords(random: Random, commands: readonly Leaf[]): readonly string[] {
  const { path, command } = random.pick(commands);
  const words = [
    ...path,
    ...command.registeredArguments.map(() => random.pick(values)),
    ...command.options.flatMap((option) => {
      if (!option.mandatory && !random.once(3)) return [];
      const flag = option.long ?? option.short ?? '';
      if (option.isBoolean()) return [flag];
      const value = random.once(4) ? mutateText(random, random.pick(values)) : random.pick(values);
      return random.once(4) ? [`${flag}=${value}`] : [flag, value];
    }),
    ...(random.once(3) ? ['--json'] : []),
  ];
  if (random.once(2)) return words;
  const at = random.below(words.length);
  switch (random.below(5)) {
    case 0:
      return words.filter((_, i) => i !== at);
    case 1:
      return words.map((word, i) => (i === at ? mutateText(random, word) : word));
    case 2:
      return [
        ...words.slice(0, at),
        random.pick(['--', '--all', '-h', '--help', '--version', '--host', '', '--json', '--limit=0', '-x']),
        ...words.slice(at),
      ];
    case 3:
      return [...words, ...words.slice(at)];
    default:
      return words.toReversed();
  }
}

/** Puts a coordinator of our own in the place of the network client, for the command line that is loaded next. */
function answering(asked: Asked[]): ReturnType<typeof registerHooks> {
  const key = Symbol.for('servo-auditor.fuzz.client');
  (globalThis as Record<symbol, unknown>)[key] = {
    call: async (method: MethodName, request: unknown) => answer(asked, method, request),
    async *stream(method: MethodName, request: unknown) {
      yield answer(asked, method, request);
    },
    close: () => undefined,
  };
  const real = new URL('../../../proto/src/admin.ts', import.meta.url).href;
  const source = `export * from '${real}';
export const adminClient = () => globalThis[Symbol.for('servo-auditor.fuzz.client')];`;
  return registerHooks({
    resolve(specifier, context, next) {
      return specifier === '@servo-auditor/proto/admin.ts' &&
        context.parentURL?.endsWith('/cli/session.ts') === true
        ? { url: 'fuzz:client', format: 'module', shortCircuit: true }
        : next(specifier, context);
    },
    load(url, context, next) {
      return url === 'fuzz:client' ? { format: 'module', source, shortCircuit: true } : next(url, context);
    },
  });
}

function refusal(details: string): ServiceError {
  const code = status.INVALID_ARGUMENT;
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

/** Without fields that are undefined, which no message has. */
function given(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(given);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      item === undefined ? [] : [[name, given(item)] as const],
    ),
  );
}

/** Something right, and on one page: that pages in a circle end has a test of its own. */
function sampleReply(method: MethodName, codec: Codec<never>): unknown {
  const { nextPageToken: _, ...whole } = rawOf(codec) as Readonly<Record<string, unknown>>;
  return codec.decode(withJson(whole), { parent: undefined, name: method });
}

/** Texts that are JSON by their name are some. */
function withJson(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(withJson);
  if (!isPlain(raw)) return raw;
  return Object.fromEntries(
    Object.entries(raw).map(([name, item]) => [name, name.endsWith('Json') ? '{}' : withJson(item)]),
  );
}

const replies = new Map<MethodName, unknown>();

/** Reads the request's bytes as the coordinator does: a refusal there is wrong usage that the command line let through. */
function answer(asked: Asked[], method: MethodName, request: unknown): unknown {
  const { request: codec, reply } = adminMethods[method] as unknown as {
    readonly request: Codec<unknown>;
    readonly reply: Codec<never>;
  };
  const wire = adminService[method];
  if (wire === undefined) throw new Error(method);
  const bytes = wire.requestSerialize(codec.encode(request));
  let came: unknown;
  try {
    came = codec.decode(wire.requestDeserialize(bytes), { parent: undefined, name: 'request' });
  } catch (error) {
    // The coordinator says what is wrong: as good as the command saying it.
    if (error instanceof Malformed) throw new CallFailed(method, refusal(error.message));
    throw error;
  }
  asked.push({ method, request: came as Asked['request'] });
  must(isDeepStrictEqual(given(came), given(request)), 'what arrives is not what was asked', request, came);
  if (!replies.has(method)) replies.set(method, sampleReply(method, reply));
  return replies.get(method);
}
