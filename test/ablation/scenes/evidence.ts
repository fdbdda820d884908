// One world for each evidence gate. In most of them the platform is wrong about a servo that somebody uses, and one thing that
// can be known says so; the rest of what is known fits an orphan.
import { minute } from '../../support/cell/cell.ts';
import type { Ablation } from '../build.ts';
import { aField, almost, betray, Field } from '../field.ts';
import type { Scene } from '../scene.ts';

const live = 'a servo in use is stopped';

export const evidenceScenes = (ablation: Ablation): readonly Scene[] => [
  {
    gate: 'host-fresh',
    world:
      'released an hour ago; its host has said nothing for minutes, and its project has come back meanwhile',
    invariant: live,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      const host = cell.host('h1');
      host.report = () => Promise.resolve();
      host.servo('h1-s1').connections = 3;
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(8);
      return field.outcome;
    },
  },
  {
    gate: 'inventory-complete',
    world:
      'released an hour ago; then a manifest on its host becomes unreadable: the one that says what it is used for now',
    invariant: `${live}, on a host that could not be read whole (I9)`,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      cell.host('h1').broken.set('/store/h1-new.json', '{"uid": "h1-new", "slot": ');
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(8);
      return field.outcome;
    },
  },
  {
    gate: 'identity-agrees',
    world:
      'released an hour ago; then its store records its uid a second time: one slot is being handed over to another',
    invariant: `${live}, though store and runtime disagree about it`,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      const host = cell.host('h1');
      host.records.set('h1-s1-blue', host.servo('h1-s1'));
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(8);
      return field.outcome;
    },
  },
  {
    gate: 'known-identity',
    world:
      'a servo starts, and its claim comes hours later; and the fold takes every servo for one that was claimed here before',
    invariant: 'a servo that was never claimed under its identity is stopped (I3)',
    behind: 'orphan',
    given: ['fold:vouched'],
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      cell.host('h1').start('h1-new', 'h1-new-p');
      await cell.rounds(2);
      const field = new Field(cell, ablation, ['h1-new']);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    gate: 'swap',
    world: 'the platform renames a servo in place; its host goes on showing the old name',
    invariant: live,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      cell.platform.sql(
        "UPDATE claim SET uid = 'h1-s1-renamed' WHERE uid = 'h1-s1'; UPDATE registry SET version = version + 1;",
      );
      cell.platform.router.delete('h1-s1');
      cell.platform.router.set({ uid: 'h1-s1-renamed', host: 'h1', project: 'h1-p1' });
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    gate: 'two-way-match',
    world:
      'two of six servos of a host are given new names, as a deletion and a creation; the host shows the old ones',
    invariant: live,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      for (const n of [1, 2]) {
        betray(cell, `h1-s${n}`);
        cell.platform.registry.claim(`h1-p${n}`, `h1-s${n}-renamed`, 'h1');
        cell.platform.router.set({ uid: `h1-s${n}-renamed`, host: 'h1', project: `h1-p${n}` });
      }
      const field = new Field(cell, ablation, ['h1-s1', 'h1-s2']);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    gate: 'witness-fresh',
    world:
      'released an hour ago; the project comes back at the router alone, which fails to answer just then',
    invariant: live,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      await almost(cell, 'h1-s1');
      cell.platform.router.set({ uid: 'h1-s1', host: 'h1', project: 'h1-p1' });
      cell.platform.fault = (_path, response) => {
        response.destroy();
        return true;
      };
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(8);
      return field.outcome;
    },
  },
  {
    gate: 'witness-shrink',
    world:
      'released an hour ago by a mistake, so the registry is restored from its last backup, in which the claim stands',
    invariant: live,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      cell.platform.sql('CREATE TABLE backup AS SELECT * FROM claim;');
      await almost(cell, 'h1-s1');
      await cell.rounds(3);
      cell.platform.sql(
        "DELETE FROM claim; INSERT INTO claim SELECT * FROM backup; DELETE FROM tombstone WHERE uid = 'h1-s1'; UPDATE registry SET version = 2;",
      );
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      // The last accepted snapshot is young enough for one more round.
      await field.rounds(1);
      return field.outcome;
    },
  },
  {
    gate: 'quorum',
    world: 'a servo that only the registry ever claimed, and that the registry then loses',
    invariant: `${live} on the word of a single source`,
    behind: 'planned',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      cell.host('h1').start('h1-quiet', 'h1-quiet-p');
      cell.platform.registry.claim('h1-quiet-p', 'h1-quiet', 'h1');
      await cell.rounds(10);
      cell.platform.registry.releaseServo('h1-quiet');
      const field = new Field(cell, ablation, ['h1-quiet']);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    gate: 'rounds',
    world:
      'its route was gone for a moment, and since then a cache answers in the router’s place with what it said just then',
    invariant: `${live} on evidence that was read once (I4)`,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      betray(cell, 'h1-s1');
      const body = JSON.stringify(cell.platform.router.page(null));
      cell.platform.router.set({ uid: 'h1-s1', host: 'h1', project: 'h1-p1' });
      cell.platform.fault = (path, response) => {
        if (path !== '/routes') return false;
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
        return true;
      };
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
  {
    gate: 'grace',
    world: 'a migration takes claim and route away, and brings both back after twenty minutes',
    invariant: live,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      betray(cell, 'h1-s1');
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(20);
      return field.outcome;
    },
  },
  {
    gate: 'quiet',
    world: 'released everywhere, and yet somebody is connected to it',
    invariant: live,
    behind: 'orphan',
    play: async (tidy, arm) => {
      const cell = await aField(tidy);
      betray(cell, 'h1-s1');
      cell.host('h1').servo('h1-s1').connections = 2;
      const field = new Field(cell, ablation, ['h1-s1']);
      arm();
      await field.rounds(40, 2 * minute);
      return field.outcome;
    },
  },
];
