// What a case keeps of the evidence behind each of its steps: small, complete enough to explain the verdict later, offline.
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import { actionGates, evidenceGates, type ActionRow, type Judgement } from '../domain/verdict.ts';
import { render, type Answer } from '../domain/answer.ts';

/** Canonical JSON of a judgement, and of the action gates' answers where there are any. */
export function recordOf({ evidence, verdict, row, capped }: Judgement, actions?: ActionRow): string {
  const { uid, incarnation, host, release, voices, rounds, roundCount } = evidence;
  return canonicalJson({
    uid,
    incarnation,
    verdict,
    capped,
    host: {
      id: host.view.id,
      generation: host.view.generation,
      readerVersion: host.view.readerVersion,
      bootId: host.view.bootId,
      digest: host.view.inventory?.digest ?? null,
    },
    release:
      release === undefined
        ? null
        : { kind: release.kind, firstReadMs: release.firstReadMs, capped: release.capped ?? null },
    voices: voices.map(({ witness, source, says }) => ({ witness, source, says })),
    roundCount,
    rounds: rounds.map(({ heartbeat, atMs, snapshots }) => ({
      heartbeat,
      atMs,
      snapshots: snapshots.map(({ witness, number, version }) => ({ witness, number, version })),
    })),
    evidenceGates: row === undefined ? null : evidenceGates.map((gate) => said(gate, row[gate])),
    actionGates: actions === undefined ? null : actionGates.map((gate) => said(gate, actions[gate])),
  });
}

function said(gate: string, { outcome, says, numbers }: Answer) {
  return { gate, outcome, says: render(says, numbers) };
}
