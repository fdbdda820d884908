import t from 'tap';
import {
  readInspected,
  readList,
  type Listed,
} from '../../../../../agent/src/scan/runtime/docker/answers.ts';
import { whoLivesIn } from '../../../../../agent/src/scan/runtime/docker/sharing.ts';

const idOf = (n: number) => String(n).repeat(64);
const rowOf = (n: number, network: string, state = 'running'): Listed => {
  const row = { Id: idOf(n), State: state, Names: [`/c${n}`], HostConfig: { NetworkMode: network } };
  return readList([row]).rows[0] as Listed;
};
const oneOf = (row: Listed, modes: object = {}) => ({
  row,
  one: {
    inspected: readInspected({
      Id: row.id,
      Name: row.names[0],
      State: { Status: 'running', Running: true, Pid: 1 },
      Config: { Env: [`UID=u-${row.id[0]}`] },
      HostConfig: { AutoRemove: false, ...modes },
    }),
  },
});
const identity = { from: 'environment', variable: 'UID' } as const;

t.test(
  'those that live in its network or another namespace, by id or name; not those that have ended',
  async (t) => {
    const [base, byId, byName, stranger, ended, byIpc] = [
      rowOf(1, 'none'),
      rowOf(2, `container:${idOf(1)}`),
      rowOf(3, 'container:c1'),
      rowOf(4, `container:${idOf(1).slice(0, 12)}`),
      rowOf(5, 'container:c1', 'exited'),
      rowOf(6, 'none'),
    ];
    const all = [base, byId, byName, stranger, ended, byIpc] as Listed[];
    const found = [oneOf(base), oneOf(byId), oneOf(byName), oneOf(byIpc, { IpcMode: 'container:c1' })];
    t.strictSame(
      whoLivesIn(base, all, found, identity),
      ['?', 'u-2', 'u-3', 'u-6'],
      'a stranger says no uid',
    );
    t.strictSame(whoLivesIn(byId, all, found, identity), []);
  },
);
