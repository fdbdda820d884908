// Small answers, as containerd gives them, for the reader version: what this build takes them for.
// An item that is added or changed changes the reader version of every host, and with it their certification.
import type { Conformance } from '../../conformance.ts';
import { identityOf, type ContainerIdentity } from '../docker/identity.ts';
import { incarnationOf, readContainer, statusOf } from './answers.ts';
import type { Timestamp, WireContainer } from './api.ts';

const created: Timestamp = { seconds: '1764000000', nanos: 7 };

/** What the reader makes of each item. The identity that is asked for stands in the items. */
export function conformContainerd(identity: ContainerIdentity): readonly Conformance[] {
  const bearing = (value: string): Partial<WireContainer> => {
    switch (identity.from) {
      case 'label':
        return { labels: { [identity.label]: value, other: 'u-2' } };
      case 'environment':
        return { spec: specOf({ process: { env: [`${identity.variable}=${value}`, 'OTHER=u-2'] } }) };
      case 'name':
        return { id: `${identity.prefix ?? ''}${value}` };
    }
  };
  const items: readonly (readonly [string, Partial<WireContainer>])[] = [
    ['identity', bearing('u-1')],
    ['identity empty', bearing('')],
    ['identity in capitals', bearing('U-1')],
    ['identity missing', {}],
    ['two variables', { spec: specOf({ process: { env: ['SERVO_UID=u-1', 'SERVO_UID=u-2'] } }) }],
    ['never created', { ...bearing('u-1'), createdAt: null }],
    ['no specification', { ...bearing('u-1'), spec: null }],
    ['a specification that is none', { spec: { typeUrl: '', value: Buffer.from('{') } }],
    ['specification', { spec: specOf(full) }],
  ];
  return [
    ...items.map(([item, given]) => ({ item, made: made(given, identity) })),
    { item: 'statuses', made: [0, 1, 2, 3, 4, 5, 6].map((status) => statusOf({ status })) },
  ];
}

function made(given: Partial<WireContainer>, identity: ContainerIdentity): unknown {
  const read = readContainer('ns', {
    id: 'x',
    labels: {},
    spec: specOf({}),
    snapshotter: 'overlayfs',
    snapshotKey: 'x',
    createdAt: created,
    updatedAt: created,
    ...given,
  });
  if ('wrong' in read) return read.wrong;
  const { id, labels, spec } = read;
  return {
    uid: identityOf(identity, { names: [id], labels, env: spec.env }) ?? null,
    incarnation: incarnationOf(read),
    spec,
  };
}

function specOf(value: unknown): WireContainer['spec'] {
  return {
    typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/Spec',
    value: Buffer.from(JSON.stringify(value)),
  };
}

const full = {
  root: { path: 'rootfs' },
  process: { env: ['A=1', 2] },
  mounts: [
    { type: 'tmpfs', destination: '/run' },
    { type: 'bind', destination: '/data' },
  ],
  hooks: { poststop: [{ path: '/bin/clean' }] },
  linux: {
    cgroupsPath: 'system.slice:nerdctl:x',
    namespaces: [{ type: 'pid' }, { type: 'network', path: '/run/netns/x' }],
  },
};
