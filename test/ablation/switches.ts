// What can be turned off in the test build, and where in the sources: each switch is an edit that a module hook makes while the
// module is loaded. The product itself has no switch. An edit that does not find its place is an error: a switch that turns
// nothing off would prove nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** One edit of one source file. `off` in the replacement asks whether the switch of that name is off now. */
export interface Edit {
  /** Path in the repository. */
  readonly file: string;
  /** A text that stands there exactly once, or a pattern that stands there at least once. */
  readonly find: string | RegExp;
  readonly by: string;
}

const passes = `{ outcome: 'pass', says: 'turned off', lifts: '', numbers: {} }`;
const decide = 'coordinator/src/decide';
const judge = 'agent/src/judge';

const gates: readonly Edit[] = [
  {
    file: `${decide}/verdict.ts`,
    find: 'row[gate] = evidenceGateRules[gate](evidence, given);',
    by: `row[gate] = off(gate) ? ${passes} : evidenceGateRules[gate](evidence, given);`,
  },
  {
    file: `${decide}/plan.ts`,
    find: 'row[gate] = actionGateRules[gate](orphan, acting);',
    by: `row[gate] = off(gate) ? ${passes} : actionGateRules[gate](orphan, acting);`,
  },
  // Not a switch: who is planned, before anybody reads the plan a second time.
  {
    file: `${decide}/plan.ts`,
    find: 'entries.push({',
    by: 'ablation.planned(evidence.uid); entries.push({',
  },
  {
    file: `${decide}/tally.ts`,
    find: 'for (const cohort of breakerCohorts(servo, projectReleased)) {',
    by: `for (const cohort of breakerCohorts(servo, projectReleased)) { if (off('breaker:' + cohort.split(':')[0])) continue;`,
  },
  {
    file: `${decide}/tally.ts`,
    find: /for \(const cohort of budgetCohorts\(servo\)\) \{/g,
    by: `for (const cohort of budgetCohorts(servo)) { if (off('budget:' + cohort.split(':')[0])) continue;`,
  },
];

/** The second reading of the plan: each of its rules by the name that its findings bear. */
const check: readonly Edit[] = [
  {
    file: 'coordinator/src/check/check.ts',
    find: /\(rule, message\) =>\s*findings\.push/g,
    by: `(rule, message) => off('check:' + rule) || findings.push`,
  },
];

/** What the coordinator believes, before anything is judged. */
const fold: readonly Edit[] = [
  {
    file: 'coordinator/src/fold/follow.ts',
    find: 'if (before === undefined && !vouched && tombstones.length === 0)',
    by: `if (before === undefined && !vouched && tombstones.length === 0 && !off('fold:vouched'))`,
  },
  {
    file: 'coordinator/src/fold/follow.ts',
    find: '(release === undefined && vouched)',
    by: `(release === undefined && (vouched || off('fold:vouched')))`,
  },
  {
    file: 'coordinator/src/fold/follow.ts',
    find: '|| hasContradiction) {',
    by: `|| (hasContradiction && !off('fold:contradiction'))) {`,
  },
  {
    file: 'coordinator/src/fold/releases.ts',
    find: 'if (!servo.vouched || lookedUp',
    by: `if ((!servo.vouched && !off('fold:vouched')) || lookedUp`,
  },
  {
    file: 'coordinator/src/fold/evidence.ts',
    find: 'const released = accepted !== undefined && (authority ? isReleased : (vouched & (1 << w)) !== 0);',
    by: `const released = accepted !== undefined && (authority ? isReleased : (vouched & (1 << w)) !== 0 || off('fold:vouched'));`,
  },
  {
    file: 'coordinator/src/fold/lookups.ts',
    find: 'const isClaimed = answer.claims.some',
    by: `const isClaimed = !off('fold:look-up') && answer.claims.some`,
  },
  {
    file: 'coordinator/src/witness/accept.ts',
    find: 'const why = whyWait(marks, seen, policy);',
    by: `const why = off('witness:accept') ? undefined : whyWait(marks, seen, policy);`,
  },
  {
    file: 'coordinator/src/witness/http.ts',
    find: 'if (rows !== first.total)',
    by: `if (rows !== first.total && !off('witness:complete'))`,
  },
];

/** What operators ask for. */
const admin: readonly Edit[] = [
  {
    file: 'coordinator/src/admin/plans.ts',
    find: 'if (proposed.hash !== hash)',
    by: `if (proposed.hash !== hash && !off('admin:hash'))`,
  },
  {
    file: 'proto/src/field.ts',
    find: 'if (isId(kind, raw)) return raw;',
    by: `if (isId(kind, raw) || (raw === '' && off('wire:id'))) return raw;`,
  },
];

/** The last question, and the transaction of the one yes. */
const confirm: readonly Edit[] = [
  {
    file: 'coordinator/src/confirm/confirm.ts',
    find: '  checkHost(order, coordinator);',
    by: `  if (!off('confirm:host')) checkHost(order, coordinator);`,
  },
  {
    file: 'coordinator/src/confirm/confirm.ts',
    find: '  await checkHolds(order, coordinator);',
    by: `  if (!off('confirm:hold')) await checkHolds(order, coordinator);`,
  },
  {
    file: 'coordinator/src/confirm/confirm.ts',
    find: 'await Promise.all([askWitnesses(order, coordinator), checkControls(order, coordinator)]);',
    by: `await Promise.all([off('confirm:look-up') || askWitnesses(order, coordinator), off('confirm:controls') || checkControls(order, coordinator)]);`,
  },
  ...(['freeze', 'hold'] as const).map((name) => ({
    file: 'coordinator/src/state/sqlite/yes.ts',
    find: `if (${name} !== undefined)`,
    by: `if (${name} !== undefined && !off('yes:${name}'))`,
  })),
  {
    file: 'coordinator/src/state/sqlite/yes.ts',
    find: 'if (cohort !== undefined)',
    by: `if (cohort !== undefined && !off('yes:breaker'))`,
  },
  {
    file: 'coordinator/src/state/sqlite/yes.ts',
    find: `if (mode === 'enforce' ||`,
    by: `if (off('yes:mode') || mode === 'enforce' ||`,
  },
  {
    file: 'coordinator/src/state/sqlite/yes.ts',
    find: 'if (!(used < limit))',
    by: `if (!(used < limit) && !off('yes:budget'))`,
  },
];

/**
 * The agent's own judgement: each refusal by its code. Where a code stands for several checks, or for one at several moments,
 * each has a name of its own. In a `switch`, and where the next line needs what was asked, what is turned off ends there.
 */
const refusals = (name: string, prefix: string): readonly Edit[] => [
  {
    file: `${judge}/${name}.ts`,
    find: /(?<!else |: )return refuse\(\s*'([a-z-]+)'/g,
    by: `if (!off('${prefix}$1')) return refuse('$1'`,
  },
];

const agent: readonly Edit[] = [
  {
    file: `${judge}/order.ts`,
    find: /return refuse\(\s*'age-unknown'/,
    by: `if (off('agent:age-unknown')) return undefined; else return refuse('age-unknown'`,
  },
  {
    file: `${judge}/order.ts`,
    find: /(order\.decision\.hash !== decision\.hash\) \{\s+)return refuse\(\s*'decision'/,
    by: `$1if (off('agent:decision-hash')) {} else return refuse('decision'`,
  },
  ...refusals('order', 'agent:'),
  {
    file: `${judge}/stop.ts`,
    find: /(case '[a-z-]+':\s+)return refuse\(\s*'([a-z-]+)'/g,
    by: `$1if (off('agent:$2')) return undefined; else return refuse('$2'`,
  },
  {
    file: `${judge}/stop.ts`,
    find: 'refuse(`not-keepable-${keepable.code}`',
    by: "off('agent:not-keepable') ? undefined as never : refuse(`not-keepable-${keepable.code}`",
  },
  {
    file: `${judge}/stop.ts`,
    find: 'judgeHold(sight.hold)',
    by: `(off('agent:hold') ? undefined : judgeHold(sight.hold))`,
  },
  ...refusals('stop', 'agent:'),
  {
    file: `${judge}/yes.ts`,
    find: 'judgeHold(look.hold)',
    by: `(off('agent:hold-again') ? undefined : judgeHold(look.hold))`,
  },
  {
    file: `${judge}/yes.ts`,
    find: /return refuse\(\s*'epoch'/,
    by: `if (off('agent:epoch-since')) {} else return refuse('epoch'`,
  },
  ...refusals('yes', 'agent:'),
  ...refusals('start', 'agent:start-'),
  {
    file: `${judge}/limits.ts`,
    find: 'judgeWindow(stopsMs, limits.stops, limits.windowMs, now)',
    by: `(off('agent:limit') ? undefined : judgeWindow(stopsMs, limits.stops, limits.windowMs, now))`,
  },
  {
    file: `${judge}/limits.ts`,
    find: 'judgeWindow(stopsMs, longStops, limits.longWindowMs, now)',
    by: `(off('agent:limit-long') ? undefined : judgeWindow(stopsMs, longStops, limits.longWindowMs, now))`,
  },
  // What stands behind the judgement on the host.
  {
    file: 'agent/src/act/stop-order.ts',
    find: 'launch === undefined ||',
    by: `(launch === undefined && !off('agent:launch')) ||`,
  },
  {
    file: 'agent/src/act/execute.ts',
    find: /if \(known\?\.result !== undefined\) return this\.#receipt\(known\);\s+if \(known !== undefined \|\|/,
    by: `if (known?.result !== undefined && !off('agent:known-order')) return this.#receipt(known); if ((known !== undefined && !off('agent:known-order')) ||`,
  },
  {
    file: 'agent/src/act/execute.ts',
    find: 'if (journal.view.order(job.id)?.result !== undefined) return;',
    by: `if (journal.view.order(job.id)?.result !== undefined && !off('agent:known-order')) return;`,
  },
  {
    file: 'agent/src/act/context.ts',
    find: /return (.*\.result !== undefined);/,
    by: `return !off('agent:known-order') && $1;`,
  },
  {
    file: 'agent/src/act/execute.ts',
    find: 'if (journal.damage !== undefined) return this.#refuseDamaged',
    by: `if (journal.damage !== undefined && !off('agent:damage-at-once')) return this.#refuseDamaged`,
  },
  {
    file: 'agent/src/act/journal.ts',
    find: 'if (this.#damage !== undefined) throw new NotDurable(this.#damage);',
    by: `if (this.#damage !== undefined && !off('agent:durable')) throw new NotDurable(this.#damage);`,
  },
];

/** Names of all checks that the agent's judgement makes, as its sources stand now. */
export function agentChecks(): readonly string[] {
  const sources = [...new Set(agent.map((edit) => edit.file))].filter((file) => file.startsWith(judge));
  const names = sources.flatMap((file) => {
    const text = edited(file, readFileSync(join(root, file), 'utf8'));
    return [...text.matchAll(/\boff\('([^']+)'\)/g)].map(([, name = '']) => name);
  });
  return [...new Set(names)];
}

/** The edited source. Throws for an edit that does not find its place. */
export function edited(file: string, source: string, all: readonly Edit[] = edits): string {
  let text = source;
  for (const { find, by } of all.filter((edit) => edit.file === file)) {
    const found = typeof find === 'string' ? text.split(find).length - 1 : (text.match(find)?.length ?? 0);
    if (found === 0 || (typeof find === 'string' && found > 1))
      throw new Error(
        `${file}: ${String(find)} stands there ${found} times: the source has changed, so change test/ablation/switches.ts`,
      );
    text = typeof find === 'string' ? text.replace(find, () => by) : text.replace(find, by);
  }
  return text;
}

export const edits: readonly Edit[] = [...gates, ...check, ...fold, ...admin, ...confirm, ...agent];
