// Witnesses that answer, and answer wrongly; that answer late, or not at all.
import { healthy, type Ailment } from '../world/witness.ts';
import { minute } from '../world/shape.ts';
import type { FaultRule, Given } from './fault.ts';

function ill(given: Given, what: (ailment: Ailment) => string): ReturnType<FaultRule> {
  const { world, rng } = given;
  const source = rng.chance(0.6) ? world.registry : world.router;
  const ailment = world.ailments.get(source.id) ?? healthy();
  const before = { ...ailment };
  const detail = what(ailment);
  const changed = (Object.keys(ailment) as (keyof Ailment)[]).filter((key) => ailment[key] !== before[key]);
  // Nothing has asked it since: its answers are the first thing that anybody sees of it.
  given.begin({ kind: 'witness', witness: source.id }, detail);
  return () => {
    const well = healthy();
    for (const key of changed) Object.assign(ailment, { [key]: well[key] });
  };
}

export const witnessEmpty: FaultRule = (given) =>
  ill(given, (ailment) => {
    ailment.empty = true;
    return 'it answers whole, and has nothing';
  });

export const witnessTruncated: FaultRule = (given) =>
  ill(given, (ailment) => {
    ailment.share = given.rng.pick([0.3, 0.6, 0.9, 0.97]);
    return `it answers ${Math.round(ailment.share * 100)} % of its rows, as if they were all`;
  });

export const witnessStale: FaultRule = (given) =>
  ill(given, (ailment) => {
    ailment.stale = given.rng.int(1, 12);
    return `it answers as it was ${ailment.stale} commits ago`;
  });

export const witnessRestoredOld: FaultRule = (given) =>
  ill(given, (ailment) => {
    const { world, rng } = given;
    const commits = rng.int(1, 40);
    const source = rng.chance(0.5) ? world.registry : world.router;
    const lineage = rng.chance(0.5) ? source.lineage : `${source.id}-restored`;
    ailment.restored = { contents: source.ago(commits), lineage };
    return `a database of ${commits} commits ago stands in its place (${lineage})`;
  });

export const witnessFailing: FaultRule = (given) =>
  ill(given, (ailment) => {
    ailment.failing = given.rng.pick([0.2, 0.6, 1]);
    return `${Math.round(ailment.failing * 100)} % of its calls fail`;
  });

export const witnessSlow: FaultRule = (given) =>
  ill(given, (ailment) => {
    ailment.slowMs = given.rng.pick([1500, 5000, minute, 6 * minute]);
    return `its calls take up to ${ailment.slowMs} ms more`;
  });
