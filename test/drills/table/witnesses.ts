// Incidents in which something outside the hosts answered wrongly: a catalogue, a registry, a person's list.
import { approvePlan } from '@servo-auditor/proto/admin/requests.ts';
import { hour, minute, second } from '../../support/cell/cell.ts';
import type { Ablation } from '../../ablation/build.ts';
import { aField, almost, betray, Field } from '../../ablation/field.ts';
import type { Incident } from './incident.ts';
import { breakers, budgets } from './limits.ts';

const json = { 'content-type': 'application/json' };
const names = ['h1', 'h2', 'h3'];
const servosOf = (id: string, count: number) => Array.from({ length: count }, (_, n) => `${id}-s${n + 1}`);

export const witnessIncidents = (ablation: Ablation): readonly Incident[] => [
  {
    id: 'google-diskerase',
    year: 2016,
    source: 'Site Reliability Engineering, ch. 7',
    believed: 'the set left to do is empty -> empty meant everything',
    world:
      'a script approves a plan, with an empty hash since its list is done; three servos in use wait for a person',
    refuses: ['validation'],
    without: ['wire:id', 'admin:hash'],
    play: async (tidy, arm) => {
      const cell = await aField(tidy, { witnesses: 'registry' });
      const wrong = names.map((id) => `${id}-s1`);
      betray(cell, ...wrong);
      await cell.spend(2 * hour, 5 * minute);
      const field = new Field(cell, ablation, wrong);
      arm();
      let said = '';
      try {
        const request = approvePlan.decode(
          { cell: cell.id, hash: '', reason: 'the rest' },
          { parent: undefined, name: 'ApprovePlan' },
        );
        await cell.admin.ApprovePlan(request, cell.operator);
      } catch (error) {
        said = error instanceof Error ? error.name : String(error);
      }
      await field.rounds(5);
      const { outcome } = field;
      return said === '' ? outcome : { ...outcome, everRefused: ['validation', ...outcome.everRefused] };
    },
  },
  {
    id: 'travis-2016',
    year: 2016,
    source: 'Travis CI, 2016-08-09',
    believed: 'not in the catalogue’s reply -> the reply held the newest 100',
    world:
      'registry and router hold 24 servos and answer with the first 20; four in use are in neither reply',
    refuses: ['witness not whole'],
    without: ['witness:complete', 'confirm:look-up', ...breakers, ...budgets],
    play: async (tidy, arm) => {
      const cell = await aField(tidy, { servos: 8 });
      cell.platform.sql(
        'ALTER TABLE claim RENAME TO every; CREATE VIEW claim AS SELECT * FROM every ORDER BY version LIMIT 20;',
      );
      cell.platform.fault = (path, response) => {
        if (path !== '/routes') return false;
        response.writeHead(200, json).end(JSON.stringify({ ...cell.platform.router.page(null), next: null }));
        return true;
      };
      const field = new Field(cell, ablation, servosOf('h3', 8).slice(4));
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    id: 'argocd-empty',
    year: 2023,
    source: 'argoproj/argo-cd #14318, #18212, #18480',
    believed: 'nothing is there any more -> the call had failed',
    world: 'registry and router answer that all is well, and that there is nothing; 18 servos are in use',
    refuses: ['witness-shrink'],
    without: ['witness:accept', 'two-way-match', ...breakers, ...budgets],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      const wrong = names.flatMap((id) => servosOf(id, 6));
      cell.platform.sql('DELETE FROM claim; UPDATE registry SET version = version + 1;');
      for (const uid of wrong) cell.platform.router.delete(uid);
      const field = new Field(cell, ablation, wrong);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    id: 'nomad-stale-read',
    year: 2019,
    source: 'hashicorp/nomad #5906, #18267',
    believed: 'the allocation is gone -> the server read an old index',
    world:
      'the registry is restored from a backup of yesterday, and the router follows it; three servos are of today',
    refuses: ['witness-shrink'],
    without: ['witness:accept'],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      cell.platform.sql(
        'CREATE TABLE backup AS SELECT * FROM claim; CREATE TABLE at AS SELECT version FROM registry;',
      );
      const wrong = names.map((id) => `${id}-late`);
      for (const uid of wrong) cell.deploy(uid.slice(0, 2), uid, `${uid}-p`);
      await cell.spend(2 * hour, 20 * minute);
      cell.platform.sql(
        'DELETE FROM claim; INSERT INTO claim SELECT * FROM backup; UPDATE registry SET version = (SELECT version FROM at);',
      );
      for (const uid of wrong) cell.platform.router.delete(uid);
      const field = new Field(cell, ablation, wrong);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    id: 'clock-jump',
    year: 2015,
    source: 'kubernetes #5819, #108844',
    believed: 'what was read is fresh -> the machine had slept',
    world:
      'the coordinator’s machine sleeps for six hours in the middle of a pass; the project comes back meanwhile',
    refuses: ['host-fresh', 'witness-fresh'],
    without: [
      'host-fresh',
      'witness-fresh',
      'self-stall',
      'fleet-quorum',
      'check:host',
      'check:witness',
      'check:limits',
      'confirm:host',
      'confirm:look-up',
    ],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      await cell.rounds(3);
      let slept = false;
      cell.platform.fault = (path) => {
        if (path === '/routes' && !slept) {
          slept = true;
          cell.machine.sleep(6 * hour);
          setImmediate(() => cell.platform.registry.claim('h1-p1', 'h1-s1', 'h1'));
        }
        return false;
      };
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(1);
      return field.outcome;
    },
  },
  {
    id: 'google-music-2012',
    year: 2012,
    source: 'Site Reliability Engineering, ch. 26',
    believed: 'the second stage’s input is consistent -> it had aged',
    world:
      'reading the router takes twenty minutes; in the registry, which was read before, the project comes back meanwhile',
    refuses: ['witness-fresh'],
    without: ['witness-fresh', 'check:witness', 'confirm:look-up'],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      await cell.rounds(3);
      const page = JSON.stringify(cell.platform.router.page(null));
      const reading: Promise<void>[] = [];
      cell.platform.fault = (path, response) => {
        if (path !== '/routes' || reading.length > 0) return false;
        reading.push(
          (async () => {
            for (let i = 0; i < 120; i++) {
              cell.advance(10 * second);
              await cell.beat();
            }
            cell.platform.registry.claim('h1-p1', 'h1-s1', 'h1');
            response.writeHead(200, json).end(page);
          })(),
        );
        return true;
      };
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(1);
      await Promise.all(reading);
      return field.outcome;
    },
  },
];
