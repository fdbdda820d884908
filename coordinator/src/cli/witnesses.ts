// servoctl witnesses: how each was read last, and what waits to be accepted.
import type { Command } from 'commander';
import type { Witness } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import type { Paint } from './io.ts';
import { given, nextSection, reasonOf, reasonOption, showAct, type Run } from './noun.ts';
import { beside, count } from './text.ts';

export function witnessCommands(program: Command, run: Run): void {
  const witnesses = program.command('witnesses').alias('witness').description('witnesses: list, accept');

  witnesses
    .command('list')
    .description('every witness, its accepted snapshot, what failed and what waits')
    .action(
      run(async (session) => {
        const reply = await session.call('ListWitnesses', {});
        await session.show(reply, (paint) => reply.witnesses.map((w) => witnessText(w, paint)).join('\n'));
      }),
    );

  witnesses
    .command('accept <witness>')
    .description('accept the snapshot that waits, and nothing else')
    .requiredOption('--hash <hash>', 'hash of what was seen, as `servoctl witnesses list` prints it')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, witness: string, { hash, reason }: { hash: string; reason: string }) => {
        const request = { witness: given('witness', witness), hash, reason: reasonOf(reason) };
        await showAct(session, await session.call('AcceptWitness', request));
      }),
    );
}

function witnessText(w: Witness, paint: Paint): string {
  const role = w.authority ? 'the authority' : `source ${w.source}`;
  const state = w.fresh ? paint('green', 'fresh') : paint('red', 'not fresh: nothing is stopped meanwhile');
  const { accepted, waiting, failure } = w;
  const lines = [
    `${paint('bold', w.witness)} (${role}, reads the ${w.reads}, ${w.hasLookup ? 'looks single uids up' : 'no look-up'}): ${state}`,
    beside(
      '  accepted',
      accepted === undefined
        ? 'no snapshot under this leadership'
        : `snapshot ${accepted.number}, ${duration(accepted.ageMs)} old, version ${accepted.version}, ${count(accepted.claims, 'claim')}, read in ${duration(accepted.tookMs)}; lineage ${accepted.lineage}`,
      13,
    ),
    ...(failure === undefined ? [] : [beside(`  ${paint('red', 'failed')}`, failure, 13)]),
    ...(waiting === undefined
      ? []
      : [beside(`  ${paint('yellow', 'waits')}`, `${waiting.why}: ${waiting.message}`, 13)]),
  ];
  return `${lines.join('\n')}\n${nextSection(waiting?.next === undefined ? [] : [waiting.next], paint)}`;
}
