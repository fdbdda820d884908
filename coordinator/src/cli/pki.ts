// servoctl pki: the authority, certificates and the order key of an installation, made offline. Each command ends with what
// to copy where: a key that stays in the wrong place is the commonest mistake.
import type { Command } from 'commander';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { NotTrusted, roles, type Role } from '@servo-auditor/proto/peer.ts';
import { TlsUnfit, type TlsFiles } from '@servo-auditor/proto/tls.ts';
import { PkiRefused, createCa, createOrderKey, issueCoordinator, issueHost, issueOperator } from '../pki.ts';
import { Ends } from './exit.ts';
import type { Io } from './io.ts';

interface Dir {
  readonly dir: string;
}

export function pkiCommands(program: Command, io: Io): void {
  const pki = program
    .command('pki')
    .description('make the authority, certificates and the order key (offline; speaks to nobody)');
  const command = (spelling: string, description: string) =>
    pki
      .command(spelling)
      .description(description)
      .option('--dir <folder>', 'where everything is kept', 'pki');

  command('init', 'make the authority of a new installation')
    .requiredOption('--trust-domain <name>', 'name of the installation in every certificate')
    .action(async ({ dir, trustDomain }: Dir & { trustDomain: string }) => {
      const files = await made(() => createCa(dir, trustDomain));
      io.out(`made ${files.cert} and ${files.key}
keep      ${files.key} offline: whoever has it can be anybody
next      servoctl pki order-key --dir ${dir}
          servoctl pki coordinator main --name <dns name or address> --dir ${dir}
`);
    });

  command('order-key', 'make the key that signs orders').action(async ({ dir }: Dir) => {
    const files = await made(() => createOrderKey(dir));
    io.out(`made ${files.privateKey} and ${files.publicKey}
copy      ${files.privateKey} to the coordinator, and nowhere else
copy      ${files.publicKey} to every host
`);
  });

  command('host <id>', 'make the certificate of a host')
    .requiredOption('--cell <cell>', 'the cell that it is a member of')
    .action(async (id: string, { dir, cell }: Dir & { cell: string }) => {
      const files = await made(() => issueHost(dir, parseId('host', id), parseId('cell', cell)));
      io.out(`${issued(files)}to the host ${id}, and nowhere else
next      servoctl hosts enrol ${id} --cell ${cell} --reason '...'
`);
    });

  command('coordinator <id>', 'make the certificate of a coordinator')
    .requiredOption('--name <name...>', 'DNS names and IP addresses at which agents and operators reach it')
    .action(async (id: string, { dir, name }: Dir & { name: string[] }) => {
      const files = await made(() => issueCoordinator(dir, parseId('coordinator', id), name));
      io.out(`${issued(files)}to the coordinator ${id}, and nowhere else\n`);
    });

  command('operator <name>', 'make the certificate of an operator')
    .requiredOption('--role <role>', `what the operator may do: ${roles.join(', ')}`)
    .action(async (name: string, { dir, role }: Dir & { role: string }) => {
      const files = await made(() => issueOperator(dir, parseId('operator', name), roleOf(role)));
      io.out(`${issued(files)}to ${name}'s own account, and nowhere else
then      put their paths into a file, and its path into SERVOCTL_CONFIG:
            address: <name of the coordinator>:<port>
            tls: { ca: ca.pem, cert: cert.pem, key: key.pem }
`);
    });
}

function issued({ ca, cert, key }: TlsFiles): string {
  return `made ${cert} and ${key}
copy      ${ca}, ${cert} and ${key}
          `;
}

function roleOf(text: string): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw new Ends('usage', `--role ${text}: want one of ${roles.join(', ')}`);
  return role;
}

/** Says an expected refusal in the words of the command line. */
async function made<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (cause) {
    if (cause instanceof PkiRefused || cause instanceof TlsUnfit)
      throw new Ends('refused', cause.message, { cause });
    if (cause instanceof TypeError || cause instanceof NotTrusted)
      throw new Ends('usage', cause.message, { cause });
    throw cause;
  }
}
