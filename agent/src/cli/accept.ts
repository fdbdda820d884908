// servo-agent accept-installation: an operator of this host lets it belong to another installation, or to one whose
// history was restored or lost.
import { isId, spellingOf, type InstallationId } from '@servo-auditor/proto/ids.ts';
import { logger } from '@servo-auditor/proto/log.ts';
import { readJournal } from '../act/peek.ts';
import { mute, openBench } from '../bench.ts';
import { loadConfig, type Config } from '../config.ts';
import { acceptOffer } from '../control/answers.ts';
import { askAgent, NoAgent } from '../control/client.ts';
import { Offers, type Offer } from '../session/offers.ts';
import { Wrong, type Out } from './out.ts';

export async function accept(
  id: string | undefined,
  { config: file }: { readonly config: string },
  out: Out,
): Promise<void> {
  const config = loadConfig(file);
  const shown = show(config);
  if (id === undefined)
    throw new Wrong(`${shown}\nTo accept it, name it: servo-agent accept-installation <id>`);
  if (!isId('installation', id))
    throw new Wrong(`"${id}" is no installation: want ${spellingOf('installation')}`);
  out.stdout.write(`${shown}\n`);
  const offer = await askAgent(config.state, { do: 'accept', installation: id }).then(
    (value) => value as Offer,
    async (error: unknown) => {
      if (error instanceof NoAgent) return await acceptAlone(id, config);
      throw error;
    },
  );
  out.stdout.write(
    `This host belongs to ${offer.installation} now, from epoch ${offer.epoch} and decision ${offer.decision.version} on.\n` +
      'Orders come once its operators accept this host: servoctl hosts accept\n',
  );
}

function show(config: Config): string {
  const { view } = readJournal(config.state);
  const offer = new Offers(config.state).last();
  const known =
    view.installation === undefined
      ? 'none yet'
      : `${view.installation}, epoch ${view.epoch}, decision ${view.decision?.version ?? 'none'}`;
  const offered =
    offer === undefined
      ? 'nothing'
      : `${offer.installation}, epoch ${offer.epoch}, decision ${offer.decision.version}`;
  return `This host knows: ${known}.\nRefused last: ${offered}.`;
}

async function acceptAlone(id: InstallationId, config: Config): Promise<Offer> {
  const log = logger('servo-agent', 'error');
  const bench = await openBench(config, mute, log);
  try {
    return acceptOffer(id, bench, new Offers(config.state), log);
  } finally {
    await bench.close();
  }
}
