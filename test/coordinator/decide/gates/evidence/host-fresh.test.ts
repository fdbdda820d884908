import t from 'tap';
import { parseEpoch } from '@servo-auditor/proto/ids.ts';
import { hostFresh } from '../../../../../coordinator/src/decide/gates/evidence/host-fresh.ts';
import { ago, anOrphan, given, now } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

const heard = (ms: number) => ({ number: 40, askedAt: ago(ms), receivedAt: ago(ms - 1) });

t.test('passes up to three intervals after the question was sent, and not a millisecond more', (t) => {
  answers(
    t,
    hostFresh(anOrphan({}, { heartbeat: heard(30_000) }), given),
    'pass',
    /sent 30 s ago, at most 30 s/,
  );
  answers(
    t,
    hostFresh(anOrphan({}, { heartbeat: heard(30_001) }), given),
    'refuse',
    /sent 30 s ago, more than 30 s/,
  );
  aloneRefuses(t, 'host-fresh', anOrphan({}, { heartbeat: heard(30_001) }), 'suspect');
  t.end();
});

t.test('age is the largest elapse of any clock: a jump makes a host older, never younger', (t) => {
  const evidence = anOrphan({}, { heartbeat: heard(8_000) });
  for (const [clock, ms] of [
    ['wallMs', 3_600_000],
    ['bootMs', 21_600_000],
    ['monoMs', 60_000],
  ] as const)
    answers(
      t,
      hostFresh(evidence, { ...given, now: { ...now, [clock]: now[clock] + ms } }),
      'refuse',
      /more than 30 s/,
    );
  answers(
    t,
    hostFresh(evidence, { ...given, now: { ...now, wallMs: now.wallMs - 86_400_000 } }),
    'pass',
    /8 s ago/,
  );
  t.end();
});

t.test('refuses without heartbeat, without an inventory of this leadership, and while contested', (t) => {
  answers(t, hostFresh(anOrphan({}, { heartbeat: undefined }), given), 'refuse', /has not answered/);
  answers(t, hostFresh(anOrphan({}, { inventory: undefined }), given), 'refuse', /no full inventory of h1/);
  answers(t, hostFresh(anOrphan({}, { epoch: parseEpoch(2) }), given), 'refuse', /under epoch 3/);
  answers(
    t,
    hostFresh(anOrphan({}, { contested: 'two agents' }), given),
    'refuse',
    /h1 is contested: two agents/,
  );
  t.end();
});
