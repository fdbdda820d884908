// Small answers, as an engine gives them, for the reader version: what this build takes them for.
// An item that is added or changed changes the reader version of every host, and with it their certification.
import type { Conformance } from '../../conformance.ts';
import { readInspected, readList } from './answers.ts';
import { identityOf, type ContainerIdentity } from './identity.ts';

const id = '0123456789abcdef'.repeat(4);

/** What the reader makes of each item. The identity that is asked for stands in the items. */
export function conformDocker(identity: ContainerIdentity): readonly Conformance[] {
  const bearing = (value: string): Readonly<Record<string, unknown>> => {
    switch (identity.from) {
      case 'label':
        return { Labels: { [identity.label]: value, other: 'u-2' } };
      case 'environment':
        return { Env: [`${identity.variable}=${value}`, 'OTHER=u-2'] };
      case 'name':
        return { Names: [`/${identity.prefix ?? ''}${value}`] };
    }
  };
  const made = (given: Readonly<Record<string, unknown>>) => {
    const [row] = readList([{ Id: id, State: 'running', Names: ['/x'], Labels: {}, ...given }]).rows;
    if (row === undefined) return 'unread';
    const env = Array.isArray(given['Env']) ? given['Env'].map(String) : [];
    return identityOf(identity, { ...row, env }) ?? null;
  };
  const items: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['identity', bearing('u-1')],
    ['identity empty', bearing('')],
    ['identity in capitals', bearing('U-1')],
    ['identity missing', {}],
    ['two names', { Names: ['/u-1', '/u-2'] }],
    ['labels null', { Labels: null }],
    ['labels with a number', { Labels: { a: 1 } }],
    ['labels as a list', { Labels: ['a'] }],
    ['short id', { ...bearing('u-1'), Id: id.slice(0, 12) }],
    ['no state', { ...bearing('u-1'), State: undefined }],
  ];
  return [
    ...items.map(([item, given]) => ({ item, made: made(given) })),
    { item: 'inspected', made: readInspected(inspected) },
  ];
}

const inspected = {
  Id: id,
  Name: '/web',
  State: { Status: 'running', Running: true, Paused: false, Pid: 42, ExitCode: 0, Error: '' },
  Config: { Env: ['A=1'], Labels: { a: 'b' } },
  HostConfig: {
    AutoRemove: false,
    NetworkMode: 'container:abc',
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    Tmpfs: { '/cache': '' },
    PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
  },
  Mounts: [{ Type: 'tmpfs', Destination: '/run' }],
  NetworkSettings: { Networks: { front: { IPAMConfig: { IPv4Address: '10.0.0.7' } } } },
};
