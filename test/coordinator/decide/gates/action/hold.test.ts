import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { HoldScope } from '../../../../../coordinator/src/domain/operator.ts';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import {
  ago,
  aContext,
  anOrphan,
  aRelease,
  cell,
  generation,
  h1,
  h2,
  now,
  operator,
  otherUid,
  project,
  uid,
} from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';

const holding = (scope: HoldScope, untilMs?: number) =>
  aContext({ holds: [{ id: 5, scope, by: operator, reason: 'migration', since: ago(9000), untilMs }] });

t.test('every scope that covers the servo holds it', (t) => {
  const scopes: HoldScope[] = [
    { kind: 'servo', uid },
    { kind: 'project', project },
    { kind: 'host', host: h1 },
    { kind: 'generation', cell, generation },
    { kind: 'cell', cell },
  ];
  for (const scope of scopes) {
    answers(
      t,
      askGate('hold', holding(scope)),
      'refuse',
      new RegExp(`hold 5 on its ${scope.kind} by ada: migration`),
    );
    aloneBlocks(t, 'hold', holding(scope));
  }
  t.end();
});

t.test('scopes beside it, and holds that have ended, do not', (t) => {
  const c2 = parseId('cell', 'c2');
  const scopes: HoldScope[] = [
    { kind: 'servo', uid: otherUid },
    { kind: 'project', project: parseId('project', 'p9') },
    { kind: 'host', host: h2 },
    { kind: 'generation', cell: c2, generation },
    { kind: 'cell', cell: c2 },
  ];
  for (const scope of scopes) answers(t, askGate('hold', holding(scope)), 'pass', /nobody holds it/);
  answers(t, askGate('hold', holding({ kind: 'servo', uid }, now.waitMs)), 'pass', /nobody/);
  answers(t, askGate('hold', holding({ kind: 'servo', uid }, now.waitMs + 60_000)), 'refuse', /ends in 60 s/);
  t.end();
});

t.test('a hold on the project that the authority names counts too, whatever the host noted', (t) => {
  const named = parseId('project', 'p-registry');
  const evidence = anOrphan({ project: undefined, release: aRelease({ project: named }) });
  answers(t, askGate('hold', holding({ kind: 'project', project: named }), evidence), 'refuse', /project/);
  t.end();
});

t.test('a hold on the project that the host notes counts without any release', (t) => {
  const evidence = anOrphan({ release: undefined });
  answers(t, askGate('hold', holding({ kind: 'project', project }), evidence), 'refuse', /project/);
  const other = anOrphan({ release: aRelease({ project: undefined }), project });
  answers(t, askGate('hold', holding({ kind: 'project', project }), other), 'refuse', /project/);
  const none = anOrphan({ release: undefined, project: undefined });
  answers(t, askGate('hold', holding({ kind: 'project', project }), none), 'pass', /nobody/);
  t.end();
});

t.test('a hold on a generation is for that generation, and ends when it says', (t) => {
  const other = parseId('generation', 'manifest-directory/process');
  answers(t, askGate('hold', holding({ kind: 'generation', cell, generation: other })), 'pass', /nobody/);
  answers(t, askGate('hold', holding({ kind: 'cell', cell })), 'refuse', /\(ends when released\)$/);
  t.end();
});
