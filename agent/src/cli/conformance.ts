// servo-agent conformance: puts the configured pair of store and runtime through the kit, on a test host.
import { loadConfig, runtimeOptions, storeOptions } from '../config.ts';
import { openActor } from '../act/open.ts';
import { hostVerbs, servoVerbs } from '../conformance/ground.ts';
import { checks, conformance, type Outcome } from '../conformance/kit.ts';
import { programGround } from '../conformance/program.ts';
import { lockGeneration } from '../scan/lock.ts';
import { generationOf } from '../scan/reader.ts';
import { openRuntime } from '../scan/runtime/index.ts';
import { openStore } from '../scan/store/index.ts';
import { Failed, Wrong, type Out } from './out.ts';

export interface ConformanceOptions {
  readonly config: string;
  readonly ground: string;
  readonly only?: readonly string[] | undefined;
  readonly many: string;
  readonly json: boolean;
}

/** Most servos that one host reports. */
const maxMany = 20_000;

/** Throws `Failed` unless every check that the ground offers passes. */
export async function runConformance(options: ConformanceOptions, out: Out): Promise<void> {
  const config = loadConfig(options.config);
  const many = Number(options.many);
  if (!Number.isInteger(many) || many < 1 || many > maxMany)
    throw new Wrong(`--many ${options.many}: want a whole number from 1 to ${maxMany}`);
  const unknown = options.only?.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined)
    throw new Wrong(`there is no check ${unknown}: want some of ${checks.map((c) => c.name).join(', ')}`);
  const chosen = checks.filter(({ name }) => options.only?.includes(name) ?? true);
  const open = () => ({
    store: openStore(storeOptions(config)),
    runtime: openRuntime(runtimeOptions(config)),
    actor: openActor(config),
  });
  const { store, runtime } = open();
  // An agent that serves this host would report what is made here.
  const lock = await lockGeneration(store, runtime);
  const counts = { passed: 0, failed: 0, 'not-offered': 0 };
  try {
    const ground = programGround(generationOf(store, runtime), options.ground, open);
    for await (const outcome of conformance(ground, { many, maxScanMs: config.maxScan }, chosen)) {
      counts[outcome.kind]++;
      out.stdout.write(`${options.json ? jsonOf(outcome) : textOf(outcome)}\n`);
    }
  } finally {
    runtime.close?.();
    await lock.close();
  }
  const sums = `${counts.passed} passed, ${counts.failed} failed, ${counts['not-offered']} not offered by ${options.ground}`;
  if (!options.json) out.stdout.write(`${sums}\n`);
  if (counts.failed > 0) throw new Failed(`${sums}: this pair may not serve`);
}

function jsonOf({ check, kind, message, tookMs }: Outcome): string {
  return JSON.stringify({ check: check.name, outcome: kind, message, tookMs });
}

function textOf({ check, kind, message, tookMs }: Outcome): string {
  const what = `${kind.padEnd(11)}  ${check.name.padEnd(22)}`;
  return kind === 'passed'
    ? `${what}${tookMs} ms`
    : `${what}${message}\n${' '.repeat(13)}want: ${check.says}`;
}

/** What the program of `--ground` is asked, for its help. */
export function verbsHelp(): string {
  const rows = [
    ...Object.entries(servoVerbs).map(([verb, says]) => [`${verb} UID`, says] as const),
    ...Object.entries(hostVerbs),
  ];
  const lines = [...rows, ['marks UID', 'write everything that a restore must bring back'] as const];
  return `
The program is called with a verb, and a uid where one is named here; it ends with 0 when that has
come true, with 3 when it cannot do that, and with anything else when it failed.

${lines.map(([verb, says]) => `  ${verb.padEnd(20)}${says}`).join('\n')}

Checks:

${checks.map(({ name, says }) => `  ${name.padEnd(22)}${wrapped(says)}`).join('\n')}
`;
}

/** At most 100 columns, beside the names. */
function wrapped(text: string): string {
  return text.replace(/(.{1,74})(?: |$)/g, `$1\n${' '.repeat(24)}`).trimEnd();
}
