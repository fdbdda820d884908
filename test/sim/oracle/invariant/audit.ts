// I11: the audit chain verifies after a crash at any point, holds every decision that was ever made, and no number ever names two.
import type { Digest } from '@servo-auditor/proto/ids.ts';
import type { Invariant } from '../court.ts';

export const audit: Invariant = ({ figures, found }) => {
  /** Hashes by version, of the chain as it is now. */
  let chain = new Map<number, Digest>();
  let highest = 0;
  return {
    'audit.appended': ({ version, hash }) => {
      const known = chain.get(version);
      if (known !== undefined && known !== hash)
        found(
          'I11',
          `decision ${version} has two hashes: ${known.slice(0, 12)} and ${hash.slice(0, 12)}`,
          {},
        );
      if (known === undefined && version <= highest)
        found('I11', `decision ${version} was appended after decision ${highest}`, {});
      chain.set(version, hash);
      highest = Math.max(highest, version);
    },
    'audit.verified': ({ entries, hash, firstBroken }) => {
      figures.auditEntries = Math.max(figures.auditEntries, entries);
      if (firstBroken !== undefined)
        found('I11', `the audit chain of ${entries} entries does not verify at decision ${firstBroken}`, {});
      if (entries < highest)
        found('I11', `the audit chain has ${entries} entries, and decision ${highest} was made`, {});
      const known = chain.get(entries);
      if (known !== undefined && known !== hash)
        found('I11', `the audit chain ends with another decision ${entries} than was made`, {});
    },
    'state.rewound': ({ toVersion }) => {
      chain = new Map([...chain].filter(([version]) => version <= toVersion));
      highest = Math.min(highest, toVersion);
    },
  };
};
