// servoctl hosts: who belongs to a cell, how each is read, and what an operator says about one.
import type { Command } from 'commander';
import type { HostRow } from '@servo-auditor/proto/admin.ts';
import { maxRowsPerPage } from '@servo-auditor/proto/limits.ts';
import { duration } from '../domain/answer.ts';
import { Ends } from './exit.ts';
import type { Paint } from './io.ts';
import { allOption, given, nextSection, reasonOf, reasonOption, showAct, type Run } from './noun.ts';
import type { Session } from './session.ts';
import { table } from './table.ts';
import { beside, count, short } from './text.ts';

interface Reason {
  readonly reason: string;
}

export function hostCommands(program: Command, run: Run): void {
  const hosts = program
    .command('hosts')
    .alias('host')
    .description('hosts: list, show, enrol, retire, accept, acknowledge');

  hosts
    .command('list')
    .description('all hosts, or those of a cell')
    .option('--cell <cell>', 'of this cell')
    .addOption(allOption('cell'))
    .action(
      run(async (session, { cell }: { cell?: string }) => {
        const found = await allHosts(
          session,
          cell === undefined ? { all: true } : { cell: given('cell', cell) },
        );
        await session.show({ hosts: found }, (paint) => listText(found, paint));
      }),
    );

  hosts
    .command('show <host>')
    .description('everything about one host, with what could not be read and what is missing')
    .action(
      run(async (session, host: string) => {
        const [row] = await allHosts(session, { host: given('host', host) });
        if (row === undefined) throw new Ends('refused', `there is no host ${host}`);
        await session.show(row, (paint) => hostText(row, paint));
      }),
    );

  hosts
    .command('enrol <host>')
    .description('make a host a member of a cell')
    .requiredOption('--cell <cell>', 'the cell, as in its certificate')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, host: string, { cell, reason }: Reason & { cell: string }) => {
        const request = { host: given('host', host), cell: given('cell', cell), reason: reasonOf(reason) };
        await showAct(session, await session.call('EnrolHost', request));
      }),
    );

  hosts
    .command('retire <host>')
    .description('take a host out: it counts no more, and may not speak')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, host: string, { reason }: Reason) => {
        const request = { host: given('host', host), reason: reasonOf(reason) };
        await showAct(session, await session.call('RetireHost', request));
      }),
    );

  hosts
    .command('accept <host>')
    .description('accept a contested host as it is now')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, host: string, { reason }: Reason) => {
        const request = { host: given('host', host), reason: reasonOf(reason) };
        await showAct(session, await session.call('AcceptHost', request));
      }),
    );

  hosts
    .command('acknowledge <host>')
    .description(
      'a broken item counts as read (--path, --sha256), or a missing servo is known to be gone (--missing)',
    )
    .option('--path <path>', 'the broken item, as `servoctl hosts show` lists it')
    .option('--sha256 <hash>', 'hash of its bytes: other bytes are another item')
    .option('--missing <uid>', 'a uid that the authority expects there')
    .requiredOption(...reasonOption)
    .action(run(acknowledge));
}

async function acknowledge(
  session: Session,
  name: string,
  flags: Reason & { readonly path?: string; readonly sha256?: string; readonly missing?: string },
): Promise<void> {
  const host = given('host', name);
  const reason = reasonOf(flags.reason);
  const { path, sha256, missing } = flags;
  if (missing !== undefined && path === undefined && sha256 === undefined) {
    const request = { host, uid: given('servo uid', missing), reason };
    await showAct(session, await session.call('AcknowledgeMissing', request));
  } else if (missing === undefined && path !== undefined && sha256 !== undefined) {
    const request = { host, path, contentSha256: given('digest', sha256), reason };
    await showAct(session, await session.call('AcknowledgeItem', request));
  } else throw new Ends('usage', 'want either --path and --sha256, or --missing');
}

type Selector =
  { readonly all: true } | { readonly host: HostRow['id'] } | { readonly cell: HostRow['cell'] };

/** All pages of them. Throws `Ends` when a page comes twice: a coordinator that never ends must not fill this machine. */
export async function allHosts(
  session: Pick<Session, 'call'>,
  selector: Selector,
): Promise<readonly HostRow[]> {
  const found: HostRow[] = [];
  const seen = new Set<string | undefined>();
  let pageToken: string | undefined;
  do {
    if (seen.has(pageToken))
      throw new Ends('refused', "the coordinator's pages of hosts go round in a circle; look into its log");
    seen.add(pageToken);
    const page = await session.call('ListHosts', { ...selector, pageSize: maxRowsPerPage, pageToken });
    found.push(...page.hosts);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return found;
}

function stateOf({ retired, contested, connected, fresh, inventory }: HostRow) {
  if (retired) return { text: 'retired' } as const;
  if (contested !== undefined) return { text: 'contested', colour: 'red' } as const;
  if (!connected) return { text: 'not connected', colour: 'red' } as const;
  if (inventory === undefined) return { text: 'no inventory', colour: 'yellow' } as const;
  if (inventory.problems.some((p) => !p.acknowledged))
    return { text: 'incomplete', colour: 'yellow' } as const;
  return fresh
    ? ({ text: 'fresh', colour: 'green' } as const)
    : ({ text: 'not fresh', colour: 'yellow' } as const);
}

function listText(hosts: readonly HostRow[], paint: Paint): string {
  const rows = hosts.map((h) => [
    h.id,
    h.cell,
    stateOf(h),
    h.generation,
    h.heartbeatAgeMs === undefined ? undefined : duration(h.heartbeatAgeMs),
    h.inventory?.count,
    h.match === undefined ? undefined : `${h.match.found} of ${h.match.expected}`,
    h.inventory?.problems.filter((p) => !p.acknowledged).length,
  ]);
  const heads = ['HOST', 'CELL', 'STATE', 'GENERATION', 'HEARD', 'SERVOS', 'MATCH', 'PROBLEMS'];
  return table(heads, rows, paint, 'no host is enrolled; make a certificate with: servoctl pki host');
}

function hostText(host: HostRow, paint: Paint): string {
  const state = stateOf(host);
  const line = (name: string, text: string | undefined): readonly string[] =>
    text === undefined ? [] : [beside(`  ${name}`, text, 14)];
  const { inventory, match, contested, journal } = host;
  const lines = [
    `${paint('bold', host.id)} in cell ${host.cell}: ${'colour' in state ? paint(state.colour, state.text) : state.text}`,
    ...line('contested', contested),
    ...line('generation', host.generation),
    ...line('reader', host.readerVersion === undefined ? undefined : readerText(host)),
    ...line(
      'heard',
      host.heartbeatAgeMs === undefined
        ? 'never under this leadership'
        : `${duration(host.heartbeatAgeMs)} ago`,
    ),
    ...line('inventory', inventory === undefined ? 'none under this leadership' : inventoryText(inventory)),
    ...line('match', match === undefined ? undefined : matchText(match)),
    ...line(
      'known gone',
      host.acknowledgedMissing.length === 0 ? undefined : host.acknowledgedMissing.join(', '),
    ),
    ...line(
      'journal',
      journal === undefined ? undefined : `entry ${journal.sequence}, ${short(journal.hash)}`,
    ),
  ];
  const problems = inventory?.problems ?? [];
  const rows = problems.map((p) => [
    p.acknowledged ? 'acknowledged' : { text: 'open', colour: 'red' as const },
    p.path,
    `${p.message} (${p.code})`,
  ]);
  const broken = rows.length === 0 ? '' : `\n${table(['PROBLEM', 'WHERE', 'WHAT'], rows, paint, '')}`;
  return `${lines.join('\n')}\n${broken}${nextSection(host.next, paint)}`;
}

function readerText({ readerVersion, inheritsFrom }: HostRow): string {
  const own = short(readerVersion ?? '');
  return inheritsFrom === undefined ? own : `${own}, inherits from ${short(inheritsFrom)}`;
}

export function inventoryText({
  count: servos,
  problems,
  digestMatches,
}: NonNullable<HostRow['inventory']>): string {
  const open = problems.filter((p) => !p.acknowledged).length;
  const read = open === 0 ? 'all read' : `${count(open, 'item')} could not be read`;
  return `${count(servos, 'servo')}, ${read}${digestMatches ? '' : ', but the latest heartbeat names another one'}`;
}

export function matchText({
  expected,
  found,
  missing,
  missingRounds,
}: NonNullable<HostRow['match']>): string {
  if (expected === 0) return 'the authority expects no servo here';
  const base = `${found} of ${expected} servos that the authority expects were found`;
  return missing.length === 0
    ? base
    : `${base}; missing for ${count(missingRounds, 'round')}: ${missing.join(', ')}`;
}
