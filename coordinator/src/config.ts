// The coordinator's options, in one table: the reader, its errors, the help and the sample file are made from it.
import { isIP } from 'node:net';
import {
  choice,
  duration,
  group,
  id,
  listOf,
  loadOptions,
  numbersOf,
  optionalGroup,
  path,
  real,
  text,
  type Refuse,
  type Values,
} from '@servo-auditor/proto/options.ts';
import { logLevels } from '@servo-auditor/proto/log.ts';
import { policyOptions } from './domain/policy.ts';
import { witnessOptions } from './witness/options.ts';

/** Witnesses: each is one bit of a column per servo. */
const maxWitnesses = 8;
/** Shortest interval that a demo may set, in milliseconds. */
const demoIntervalMs = 100;

const { heartbeatIntervalMs, roundIntervalMs, ...numbers } = policyOptions;

export const coordinatorTable = {
  id: id('coordinator', {
    help: 'name of this coordinator, as in its certificate',
    example: 'coordinator-1',
  }),
  listen: text({
    help: 'address and port that agents and operators connect to; port 0 takes any free one',
    example: '0.0.0.0:7443',
    pattern: { like: /^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, says: '<address>:<port>' },
  }),
  tls: group('certificates and key of this coordinator, as made by `servoctl pki coordinator`', {
    ca: path({ help: 'certificate of the CA that hosts and operators have theirs from', example: 'ca.pem' }),
    cert: path({ help: 'certificate of this coordinator', example: 'cert.pem' }),
    key: path({ help: 'its private key, readable by this user only', example: 'key.pem' }),
  }),
  orderKey: path({
    help: 'private key that orders are signed with, private.pem of `servoctl pki order-key`; readable by this user only',
    example: 'order-key.pem',
  }),
  state: path({
    help: 'SQLite file of the hard state; its directory must exist',
    example: '/var/lib/servo-coordinator/state.db',
  }),
  cells: listOf(id('cell', { help: 'a cell', example: 'c1' }), {
    help: 'cells that this coordinator leads',
    min: 1,
    max: 100,
  }),
  witnesses: listOf(witnessOptions, {
    help: 'who knows which servos are in use; exactly one is the authority',
    min: 1,
    max: maxWitnesses,
  }),
  policy: group('the numbers that decisions depend on; what is not set is as in the help', {
    ...numbersOf(numbers),
    heartbeatIntervalMs: duration({ ...heartbeatIntervalMs, min: demoIntervalMs }),
    roundIntervalMs: duration({ ...roundIntervalMs, min: demoIntervalMs }),
  }),
  demo: optionalGroup(
    'makes this a demo installation: loopback only, with all waits shortened by one factor',
    {
      factor: real({ help: 'how much faster waits pass', min: 1, max: 1_000_000, example: '30000' }),
    },
  ),
  logLevel: choice(logLevels, { help: 'least important events that are logged', default: 'info' }),
};

export type CoordinatorConfig = Values<typeof coordinatorTable>;

/** The configuration in a file. Throws `BadOptions` with every error at once. */
export function loadConfig(file: string): CoordinatorConfig {
  return loadOptions(coordinatorTable, file, together);
}

/** What must be right of several options together. */
export function together(config: CoordinatorConfig, refuse: Refuse): void {
  const { witnesses, policy, demo, listen } = config;
  const authorities = witnesses.filter((w) => w.authority).length;
  if (authorities !== 1)
    refuse('witnesses', `has ${authorities} authorities`, 'exactly one witness with authority: true');
  witnesses.forEach(({ id: name }, i) => {
    if (witnesses.findIndex((w) => w.id === name) !== i)
      refuse(`witnesses[${i}].id`, 'is there twice', 'an id of its own');
  });
  // An agent ages an order from the report that it answers, which is up to an interval old when the order is made.
  const leastLifeMs = 2 * policy.heartbeatIntervalMs;
  if (policy.orderLivesMs < leastLifeMs)
    refuse(
      'policy.orderLivesMs',
      `is ${policy.orderLivesMs} ms`,
      `at least ${leastLifeMs} ms, two heartbeat intervals: every order would be too old on arrival`,
    );
  if (demo === undefined)
    for (const [name, option] of Object.entries({ heartbeatIntervalMs, roundIntervalMs })) {
      const value = policy[name as keyof typeof policy];
      if (value < option.min)
        refuse(`policy.${name}`, `is ${value} ms`, `at least ${option.min} ms, except in a demo`);
    }
  else if (!isLoopback(listen))
    refuse('listen', `is ${listen}`, 'a loopback address (127.0.0.1:0), since this is a demo installation');
}

function isLoopback(listen: string): boolean {
  const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
