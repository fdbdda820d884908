// How many processes there are of a servo: the truth that neither journal nor coordinator can make up.
import { readdirSync, readFileSync } from 'node:fs';
import { markVariable } from '../../scripts/demo/processes.ts';
import type { Subject } from './ground.ts';

/** Pids of the servo's processes. */
export function pidsOf({ uid, own }: Subject): readonly number[] {
  const marks = [`DEMO_NAME=${uid}`, `${markVariable}=${own.setting.world}`];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return marks.every((mark) => environment.includes(mark));
      } catch {
        return false;
      }
    });
}
