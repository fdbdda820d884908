// servo-agent status and quarantine: from the running agent, else from its journal.
import { existsSync } from 'node:fs';
import { readJournal } from '../act/peek.ts';
import { holdsOf } from '../bench.ts';
import { loadConfig, type Config } from '../config.ts';
import { quarantineOf, statusOf } from '../control/answers.ts';
import { askAgent, NoAgent } from '../control/client.ts';
import type { QuarantineRow, Status } from '../control/socket.ts';
import { Offers } from '../session/offers.ts';
import { Failed, type Out } from './out.ts';

export async function status(file: string, json: boolean, out: Out): Promise<void> {
  const config = loadConfig(file);
  const now = await askOr(config, 'status', () =>
    statusOf(peek(config), holdsOf(config), new Offers(config.state), {
      host: '',
      standing: 'the agent does not run',
      running: false,
    }),
  );
  out.stdout.write(json ? `${JSON.stringify(now)}\n` : textOf(now));
  if (now.journal.damage !== undefined) throw new Failed(`the journal is damaged: ${now.journal.damage}`);
}

export async function quarantine(file: string, json: boolean, out: Out): Promise<void> {
  const config = loadConfig(file);
  const rows = await askOr(config, 'quarantine', () => {
    const journal = peek(config);
    return quarantineOf(journal, journal.view.waitedMs);
  });
  if (json) return void out.stdout.write(`${JSON.stringify(rows)}\n`);
  if (rows.length === 0) return void out.stdout.write('Nothing is in quarantine on this host.\n');
  for (const row of rows) out.stdout.write(`${lineOf(row)}\n`);
  out.stdout.write('\nTo bring one back: servo-agent restore <uid>\n');
}

/** The state without an agent that holds it. */
function peek(config: Config): ReturnType<typeof readJournal> {
  if (!existsSync(config.state))
    throw new Failed(`there is no state directory ${config.state}: the agent never ran here`);
  return readJournal(config.state);
}

async function askOr<D extends 'status' | 'quarantine'>(
  config: Config,
  what: D,
  otherwise: () => D extends 'status' ? Status : readonly QuarantineRow[],
): Promise<ReturnType<typeof otherwise>> {
  try {
    return (await askAgent(config.state, { do: what })) as ReturnType<typeof otherwise>;
  } catch (error) {
    if (error instanceof NoAgent) return otherwise();
    throw error;
  }
}

function lineOf({ uid, incarnation, project, order, forMs, certain }: QuarantineRow): string {
  const parts = [uid, `incarnation ${incarnation}`, `order ${order}`, `for ${Math.round(forMs / 1000)} s`];
  if (project !== undefined) parts.push(`project ${project}`);
  if (!certain) parts.push('uncertain: it may run');
  return parts.join('  ');
}

function textOf(now: Status): string {
  const { installation, epoch, decision, offer, journal, unreceipted, holds } = now;
  const rows: readonly (readonly [string, string])[] = [
    ...(now.host === '' ? [] : ([['host', now.host]] as const)),
    ['session', now.standing],
    ['installation', installation ?? 'none yet'],
    ['highest seen', `epoch ${epoch}, decision ${decision?.version ?? 'none'}`],
    ['refused last', offer === undefined ? 'none' : `${offer.installation}, epoch ${offer.epoch}`],
    ['journal', `${journal.sequence} entries, ${journal.path}`],
    ['quarantine', `${now.quarantined} servos`],
    ['receipts to send', unreceipted.length === 0 ? 'none' : unreceipted.join(', ')],
    ['hold files', holds.length === 0 ? 'none' : holds.join(', ')],
  ];
  return rows.map(([name, value]) => `${name.padEnd(18)}${value}\n`).join('');
}
