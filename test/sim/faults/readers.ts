// What readers of one generation make of its stores: uids that are spelled otherwise, other versions that read alike, items
// that cannot be read.
import { parseId, type ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Subject } from '../event.ts';
import type { Host } from '../world/host.ts';
import { everybody, onHost, someHost, type FaultRule, type Given } from './fault.ts';

const spellings: readonly (readonly [string, (uid: ServoUid) => ServoUid])[] = [
  ['in capitals', (uid) => parseId('servo uid', uid.toUpperCase())],
  ['with a prefix', (uid) => parseId('servo uid', `servo-${uid}`)],
  ['with a suffix', (uid) => parseId('servo uid', `${uid}.local`)],
];

/** Hosts of one generation: all of them, those of one cell, or a single one. */
function family({ world, rng }: Given): readonly Host[] {
  const all = [...world.hosts.values()].filter((h) => h.up);
  const one = rng.maybe(all);
  if (one === undefined) return [];
  const own = all.filter((h) => h.generation === one.generation);
  return rng.pick([own, own.filter((h) => h.cell === one.cell), [one]]);
}

function subjectOf(hosts: readonly Host[]): Subject {
  const [only] = hosts;
  return hosts.length === 1 && only !== undefined ? onHost(only) : everybody;
}

function restart({ world }: Given, host: Host): void {
  if (!host.up || world.hosts.get(host.id) !== host) return;
  world.killAgent(host);
  world.startAgent(host);
}

/** 22 July 2015: servos are recorded slightly differently, and no look-up matches. By a new reader, or by the hosts themselves. */
export const misread: FaultRule = (given) => {
  const { rng } = given;
  const hosts = family(given);
  if (hosts.length === 0) return undefined;
  const [how, spelled] = rng.pick(spellings);
  const isNewReader = rng.chance(0.5);
  const share = rng.pick([1, 1, 0.5]);
  const set = (host: Host, misread: Host['misread'], mapping: Host['mapping']): void => {
    host.misread = misread;
    for (const servo of host.servos.values()) host.tellSpelled(servo);
    if (!isNewReader) return;
    host.mapping = mapping;
    restart(given, host);
  };
  const only = (uid: ServoUid): ServoUid =>
    share === 1 || uid.charCodeAt(uid.length - 1) % 2 === 0 ? spelled(uid) : uid;
  given.begin(
    subjectOf(hosts),
    `${hosts.length} hosts of ${hosts[0]?.generation ?? ''} show ${share === 1 ? 'all' : 'half of the'} uids ${how}${isNewReader ? ', by a new reader' : ''}`,
  );
  for (const host of hosts) set(host, only, { uid: `misread ${how}` });
  return () => {
    for (const host of hosts) set(host, undefined, {});
  };
};

/** Some hosts run another reader that reads alike. */
export const mixedVersions: FaultRule = (given) => {
  const hosts = family(given);
  if (hosts.length === 0) return undefined;
  given.begin(subjectOf(hosts), `${hosts.length} hosts of ${hosts[0]?.generation ?? ''} run another reader`);
  for (const host of hosts) {
    host.mapping = { uid: 'read alike' };
    restart(given, host);
  }
  return () => {
    for (const host of hosts) {
      host.mapping = {};
      restart(given, host);
    }
  };
};

export const brokenItem: FaultRule = (given) => {
  const { world, rng } = given;
  const host = someHost(given);
  if (host === undefined) return undefined;
  const path = `/store/broken-${given.id}.json`;
  given.begin(onHost(host), `${path} is no JSON`);
  host.broken.set(path, `{ ${rng.bits()}`);
  world.teller.tell({ kind: 'item.broken', host: host.id, path });
  return () => {
    if (!host.broken.delete(path)) return;
    world.teller.tell({ kind: 'item.mended', host: host.id, path });
  };
};
