// servo-agent repair-journal.
import { realpathSync } from 'node:fs';
import { repairJournal } from '../act/repair.ts';
import { loadConfig } from '../config.ts';
import { lockOne } from '../scan/lock.ts';
import type { Out } from './out.ts';

export async function repair({ config: file }: { readonly config: string }, out: Out): Promise<void> {
  const { state } = loadConfig(file);
  const lock = await lockOne(`state ${realpathSync(state)}`);
  try {
    const repaired = repairJournal(state);
    if (repaired === undefined)
      return void out.stdout.write('The journal is not damaged; nothing was changed.\n');
    out.stdout.write(
      `The journal was damaged: ${repaired.damage}.\n${repaired.kept} entries were kept; ` +
        `the damaged file is ${repaired.moved}.\n` +
        'What stood behind the damage is forgotten: the coordinator gives no orders until servoctl hosts accept.\n',
    );
  } finally {
    lock.close();
  }
}
