// What happens to an agent's journal on its disk.
import { onHost, someHost, type FaultRule } from './fault.ts';

/** The process ends in the middle of a write: a part of the entry is there. */
export const tornWrite: FaultRule = (given) => {
  const { world, rng } = given;
  const host = someHost(given);
  if (host === undefined) return undefined;
  const share = rng.share();
  const skip = rng.int(0, 4);
  let seen = 0;
  given.begin(
    onHost(host),
    `its agent ends in write ${skip + 1} of its journal, after ${Math.round(share * 100)} % of it`,
  );
  host.disk.fault.onWrite = (bytes) => (seen++ < skip ? undefined : Math.floor(bytes * share));
  return () => {
    host.disk.fault.onWrite = undefined;
    if (host.up && world.hosts.get(host.id) === host && !world.agents.has(host.id)) world.startAgent(host);
  };
};

/** A sync fails: nobody knows what is on the disk. */
export const lostWrite: FaultRule = (given) => {
  const host = someHost(given);
  if (host === undefined) return undefined;
  given.begin(onHost(host), 'the next sync of its journal fails');
  host.disk.fault.failsSync = true;
  return () => {
    host.disk.fault.failsSync = false;
  };
};

export const fullDisk: FaultRule = (given) => {
  const host = someHost(given);
  if (host === undefined) return undefined;
  given.begin(onHost(host), 'its disk is full');
  host.disk.fault.full = true;
  return () => {
    host.disk.fault.full = false;
  };
};
