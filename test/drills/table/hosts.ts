// Incidents in which what is believed of hosts and their servos was wrong, or was done too soon, too often, too much.
import { hosts, hour, minute } from '../../support/cell/cell.ts';
import type { Ablation } from '../../ablation/build.ts';
import { aField, almost, betray, Field } from '../../ablation/field.ts';
import type { Incident } from './incident.ts';
import { breakers, budgets } from './limits.ts';

const old = 'manifest-directory/process';
/** Nothing of trust is left: any reader, in any mode. */
const trusted = ['generation-certified', 'check:certified', 'mode', 'check:mode', 'yes:mode'] as const;

export const hostIncidents = (ablation: Ablation): readonly Incident[] => [
  {
    id: 'xervo-2015',
    year: 2015,
    source: 'Xervo, 2015-07-22, "Postmortem - Partial Outage"',
    believed: 'no project matches, so orphan -> the old generation records servos differently',
    world:
      'four hosts of another generation join with 200 servos in use, whose manifests spell the uid otherwise',
    refuses: ['known-identity', 'two-way-match'],
    without: [
      'known-identity',
      'fold:vouched',
      'two-way-match',
      'swap',
      'check:match',
      ...trusted,
      ...breakers,
      ...budgets,
    ],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      const wrong = [];
      for (const id of ['old1', 'old2', 'old3', 'old4']) {
        const host = cell.addHost(id, old);
        for (let n = 1; n <= 50; n++) {
          const [truly, shown] = [`${id}-s${n}`, `urn:${id}-s${n}`];
          cell.deploy(id, truly, `${id}-p${n}`, shown);
          wrong.push({ truly, shown });
        }
        await host.connect(cell.coordinator);
      }
      const field = new Field(cell, ablation, wrong);
      arm();
      await field.rounds(24, 5 * minute);
      return field.outcome;
    },
  },
  {
    id: 'hdfs-1972',
    year: 2011,
    source: 'HDFS-1972',
    believed: 'what is there is what was seen -> the old leader’s order was still under way',
    world: 'a stop’s receipt is lost, the leader changes, somebody starts the servo by hand and uses it',
    refuses: ['identity-agrees'],
    without: [
      'identity-agrees',
      'fold:contradiction',
      'check:servo',
      'confirm:host',
      'agent:contradiction',
      'quorum',
      'check:mode',
      'check:release',
      'agent:limit-long',
    ],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      const host = cell.host('h1');
      host.losesReceipts = true;
      await almost(cell, 'h1-s1');
      await cell.until('the stop', () => host.stopped.includes('h1-s1'), 3 * hour);
      await cell.restart();
      host.start('h1-s1', 'h1-p1');
      await cell.rounds(3);
      host.losesReceipts = false;
      const field = new Field(cell, ablation, ['h1-s1'], { allowed: 1 });
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    id: 'kubelet-25224',
    year: 2016,
    source: 'kubernetes #25224',
    believed: 'same name, same pod -> it had been recreated',
    world:
      'an orphan’s slot is filled again by the same name, with a servo in use, between decision and stop',
    refuses: ['incarnation'],
    without: ['agent:incarnation', 'agent:identity', 'agent:not-measured', 'confirm:look-up'],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      const host = cell.host('h1');
      host.onOrder = () => {
        if (host.servos.get('h1-s1')?.incarnation !== first) return;
        host.recreate('h1-s1');
        cell.platform.claim('h1-p1', 'h1-s1', 'h1');
      };
      const first = host.servo('h1-s1').incarnation;
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(8);
      return field.outcome;
    },
  },
  {
    id: 'node-lifecycle-race',
    year: 2019,
    source: 'kubernetes #81636, cloud-provider-aws #1024',
    believed: 'the instance does not exist -> the API lagged behind its creation',
    world: 'a servo starts, and its claim comes twenty minutes later',
    refuses: ['known-identity', 'grace'],
    without: ['known-identity', 'fold:vouched', 'grace', 'check:release'],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      cell.host('h1').start('h1-new', 'h1-new-p');
      const field = new Field(cell, ablation, ['h1-new']);
      arm();
      await field.rounds(20);
      return field.outcome;
    },
  },
  {
    id: 'azure-devops-2023',
    year: 2023,
    source: 'Azure DevOps, Brazil South, 2023-05-24',
    believed: 'the canary ring was fine -> the fatal line never ran there',
    world: 'a cell is trusted for one generation; in its other one, which no trial saw, a release is wrong',
    refuses: ['generation-certified', 'mode'],
    without: trusted,
    play: async (tidy, arm) => {
      const cell = await aField(
        tidy,
        { hosts: { ...hosts(['h1', 'h2', 'h3']), ...hosts(['old1'], old) } },
        new Set(['sqlite/process']),
      );
      await almost(cell, 'old1-s1');
      const field = new Field(cell, ablation, ['old1-s1']);
      arm();
      await field.rounds(8);
      return field.outcome;
    },
  },
  {
    id: 's3-2017',
    year: 2017,
    source: 'AWS S3, 2017-02-28',
    believed: 'remove a few -> far too many, too fast',
    world: '30 % of a generation is released at once; how many are stopped within ten minutes',
    refuses: ['breaker'],
    without: [...breakers, ...budgets],
    play: async (tidy, arm) => {
      const cell = await aField(tidy, { servos: 10 });
      const all = ['h1', 'h2', 'h3'].flatMap((id) => [1, 2, 3].map((n) => `${id}-s${n}`));
      betray(cell, ...all);
      await cell.spend(58 * minute, 2 * minute);
      const field = new Field(cell, ablation, all);
      arm();
      await field.rounds(10);
      return field.outcome;
    },
  },
];
