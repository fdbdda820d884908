// What the kernel says about processes, taken apart: stat lines, environments and arguments, control groups, tables of
// connections, and which processes make one servo.
import { addressKey, parseTable } from '../../../agent/src/scan/runtime/connections.ts';
import { systemdPath, unitIn } from '../../../agent/src/scan/runtime/cgroup.ts';
import { parseStat, splitParts } from '../../../agent/src/scan/runtime/proc.ts';
import { identityOf, labelsOf, variableOf } from '../../../agent/src/scan/runtime/process-identity.ts';
import { families, type Member } from '../../../agent/src/scan/runtime/process-members.ts';
import { mutateText } from '../mutate/text.ts';
import { must, type Target } from '../target.ts';
import type { Random } from '../random.ts';

type Given = { readonly kind: keyof typeof corpora | 'families'; readonly text: string };

const corpora = {
  stat: [
    '71 (a (b) c) S 1 71 71 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242 1 1',
    '1 (node) R 0 1 1 0 -1 1 1 0 0 0 0 0 0 0 20 0 11 0 99 1 1 18446744073709551615',
  ],
  parts: ['A=1\0SERVO_UID=u-1\0SERVO_UID=u-2\0', 'node\0server.js\0--servo-uid=u-1\0', 'x', ''],
  cgroup: [
    '0::/system.slice/app.service\n',
    '1:name=systemd:/user.slice/user@1000.service/app.slice/x.scope\n0::/\n',
    '0::/user@1.service/a.service\n',
  ],
  table: [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:1F90 0200007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 20 4 30 10 -1\n',
    '  sl\n   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:C350 01 0:0 0:0 0 0 0 12 1\n',
  ],
  address: ['127.0.0.1', '::1', '::ffff:10.0.0.1', 'fe80::1%eth0', '2001:db8::a:b', '1:2:3:4:5:6:7:8'],
} as const;
const kinds = [...(Object.keys(corpora) as (keyof typeof corpora)[]), 'families'] as const;

export const proc: Target = {
  name: 'proc',
  about: 'what the kernel says about processes',
  open: () => ({
    make(random): Given {
      const kind = random.pick(kinds);
      if (kind === 'families') return { kind, text: someMembers(random) };
      return { kind, text: mutateText(random, random.pick(corpora[kind])) };
    },
    run(input) {
      const { kind, text } = input as Given;
      if (typeof text === 'string' && kinds.includes(kind)) checks[kind](text);
    },
  }),
};

const checks: Readonly<Record<Given['kind'], (text: string) => void>> = {
  stat(text) {
    const stat = refusable(() => parseStat(text));
    if (stat === undefined) return;
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const shown = [stat.state, ...[stat.ppid, stat.pgid, stat.session].map(String)];
    must(
      fields.length > 19 &&
        [0, 1, 2, 3].every((i) => fields[i] === shown[i]) &&
        fields[19] === String(stat.startTicks),
      'a stat line was read otherwise than it stands, or filled in',
      text,
      stat,
    );
    must(text.startsWith(`${stat.pid} (`), 'the pid is not what the line begins with', text, stat);
    must(stat.pid > 0 && stat.startTicks >= 0 && stat.cpuTicks >= 0, 'a process that cannot be', text, stat);
  },
  parts(text) {
    const parts = splitParts(text);
    must(
      parts.every((part) => !part.includes('\0')),
      'a part with a zero byte',
      parts,
    );
    const joined = parts.join('\0');
    must(joined === text || `${joined}\0` === text, 'parts were dropped or made', text, parts);
    const labels = labelsOf(parts);
    for (const [name, value] of Object.entries(labels))
      must(variableOf(parts, name) === value, 'labels and variables disagree', parts, name);
    const uid = identityOf({ from: 'environment', variable: 'SERVO_UID' }, [], parts);
    must(uid === undefined || parts.includes(`SERVO_UID=${uid}`), 'a uid that no variable says', parts, uid);
    const said = identityOf({ from: 'argument', prefix: '--servo-uid=' }, parts, []);
    must(
      (said === undefined) === !parts.some((p) => p.startsWith('--servo-uid=')),
      'an identity out of nothing',
      parts,
      said,
    );
  },
  cgroup(text) {
    const path = systemdPath(text);
    must(text.includes(path), 'a path that the text does not have', text, path);
    const unit = unitIn(path);
    must(
      unit === undefined || path.split('/').includes(unit.name),
      'a unit that the path does not have',
      path,
      unit,
    );
  },
  table(text) {
    const rows = parseTable(text);
    must(rows.length <= text.split('\n').length, 'more connections than lines', text, rows);
    for (const [inode] of rows) must(text.includes(inode), 'a connection out of nothing', text, inode);
  },
  address(text) {
    const key = refusable(() => addressKey(text));
    must(key === undefined || /^[0-9a-f]{32}$/.test(key), 'an address that no table could have', text, key);
  },
  families(text) {
    const members = (text === '' ? [] : text.split(';')).flatMap((word): readonly Member[] => {
      const [pid = 0, ppid = 0, pgid = 0, session = 0, startTicks = 0, uid] = word.split(',').map(Number);
      return pid > 0
        ? [
            {
              pid,
              ppid,
              pgid,
              session,
              startTicks,
              says: uid === undefined || uid < 0 ? undefined : `u-${uid}`,
            },
          ]
        : [];
    });
    const distinct = [...new Map(members.map((m) => [m.pid, m])).values()];
    const found = families(distinct);
    const all = found.flatMap((f) => f.members.map((m) => m.pid));
    must(
      all.length === distinct.length && new Set(all).size === all.length,
      'a process is in no family, or in two',
      members,
      found,
    );
    for (const family of found) {
      const saying = new Set(family.members.flatMap((m) => m.says ?? []));
      must(saying.size < 2, 'two servos in one family', members, family);
      must(family.members.includes(family.representative), 'a stranger represents', family);
    }
  },
};

/** Undefined where it is refused: with an error that says so, never one of the engine's own. */
function refusable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    must(
      error instanceof Error && /(not a line of|is no IP address)/.test(error.message),
      'an unexpected error',
      error instanceof Error ? error.message : error,
    );
    return undefined;
  }
}

function someMembers(random: Random): string {
  const number = () => 1 + random.below(6);
  return Array.from({ length: random.below(8) }, () =>
    [number(), random.below(6), number(), number(), random.below(9), random.below(4) - 1].join(','),
  ).join(';');
}
