// The exact next commands for a servo, from the gates that hold it back. A command that removes protection wants a reason, and
// `'...'` is none: it must be replaced before the command is taken.
import { openProblems } from '../domain/host.ts';
import { modes } from '../domain/operator.ts';
import { actionGates, evidenceGates, type ActionGate, type EvidenceGate } from '../domain/verdict.ts';
import type { Numbers } from '../domain/answer.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Subject } from './subject.ts';

/** A command ready to be copied, and what it is good for. */
export interface Next {
  readonly command: string;
  readonly why: string;
}

const reason = "--reason '...'";

/** The commands that help, most useful first; none twice. */
export function nextFor(subject: Subject): readonly Next[] {
  const { evidence, verdict } = subject.judgement;
  const { id: host } = evidence.host.view;
  const all: Next[] = [];
  if (evidence.state === 'quarantined')
    all.push({
      command: `servoctl restore servo ${evidence.uid} --host ${host} ${reason}`,
      why: 'start it again, and hold it for a while',
    });
  if (verdict === 'live') return all;
  if (verdict === 'orphan' && !subject.confirmed) all.push(confirm(evidence));
  for (const gate of evidenceGates) {
    const answer = subject.judgement.row?.[gate];
    if (answer?.outcome === 'refuse') all.push(...evidenceNext[gate](subject, answer.numbers));
  }
  if (verdict === 'orphan' && subject.actions !== undefined && evidence.state !== 'quarantined')
    for (const gate of actionGates) {
      const answer = subject.actions[gate];
      if (answer.outcome !== 'pass') all.push(...actionNext[gate](subject, answer.numbers));
    }
  if (
    (verdict === 'suspect' || verdict === 'orphan') &&
    evidence.state !== 'quarantined' &&
    subject.actions?.hold.outcome !== 'refuse'
  )
    all.push({
      command: `servoctl holds set --servo ${evidence.uid} ${reason}`,
      why: 'keep it, whatever the witnesses say',
    });
  return all.filter((next, i) => all.findIndex((other) => other.command === next.command) === i);
}

function confirm({ uid, incarnation, host: { view } }: Evidence): Next {
  return {
    command: `servoctl certifications confirm ${uid} --incarnation ${incarnation} --host ${view.id} ${reason}`,
    why: `if you have looked and it is a true orphan: ${view.generation} needs one to be certified`,
  };
}

type Rule = (subject: Subject, numbers: Numbers) => readonly Next[];
const nothing: Rule = () => [];
const seeHost: Rule = ({ judgement: { evidence } }) => [
  { command: `servoctl hosts show ${evidence.host.view.id}`, why: 'what is wrong with its host' },
];
const seeWitnesses: Rule = () => [
  { command: 'servoctl witnesses list', why: 'which witness fails, and why' },
];

const evidenceNext: Readonly<Record<EvidenceGate, Rule>> = {
  'host-fresh': (subject, numbers) => {
    const { view } = subject.judgement.evidence.host;
    return view.contested === undefined
      ? seeHost(subject, numbers)
      : [
          ...seeHost(subject, numbers),
          {
            command: `servoctl hosts accept ${view.id} ${reason}`,
            why: 'once you know which is the true host',
          },
        ];
  },
  'inventory-complete': (subject, numbers) => {
    const { view } = subject.judgement.evidence.host;
    const item = openProblems(view).find((p) => p.contentSha256 !== undefined);
    return item === undefined
      ? seeHost(subject, numbers)
      : [
          ...seeHost(subject, numbers),
          {
            command: `servoctl hosts acknowledge ${view.id} --path ${quoted(item.path)} --sha256 ${item.contentSha256} ${reason}`,
            why: 'if this broken item is known and harmless: it then counts as read, and as protected',
          },
        ];
  },
  'identity-agrees': seeHost,
  'known-identity': ({ judgement: { evidence } }) => [
    {
      command: `servoctl servos list --host ${evidence.host.view.id}`,
      why: 'compare these uids with the registry: if they differ, mend the field mapping on the host',
    },
  ],
  swap: ({ judgement: { evidence, row } }) => {
    const [missing] = evidence.host.match.missing;
    const { id } = evidence.host.view;
    if (missing === undefined) return [];
    const look = {
      command: `servoctl explain ${missing}`,
      why: `where ${missing} is, which is expected on ${id}`,
    };
    // Where much is missing, the host is read wrongly: to acknowledge what is missing would hide that.
    if (row?.['two-way-match'].outcome === 'refuse') return [look];
    return [
      look,
      {
        command: `servoctl hosts acknowledge ${id} --missing ${missing} ${reason}`,
        why: 'if it is truly gone',
      },
    ];
  },
  'two-way-match': ({ judgement: { evidence } }) => [
    {
      command: `servoctl servos list --host ${evidence.host.view.id}`,
      why: 'compare these uids with the registry: if they differ, mend the field mapping on the host',
    },
  ],
  'witness-fresh': seeWitnesses,
  'witness-shrink': (_subject, numbers) => [
    { command: 'servoctl witnesses list', why: 'what changed, with numbers' },
    {
      command: `servoctl witnesses accept ${numbers['witness']} --hash ${numbers['hash']} ${reason}`,
      why: 'only if the change is true',
    },
  ],
  quorum: nothing,
  rounds: nothing,
  grace: nothing,
  quiet: nothing,
};

const actionNext: Readonly<Record<ActionGate, Rule>> = {
  'generation-certified': () => [
    { command: 'servoctl certifications list', why: 'how far it has come, and what it waits for' },
  ],
  mode: ({ judgement: { evidence }, mode, certified }) => {
    const { cell, generation } = evidence.host.view;
    if (mode !== 'observe')
      return [{ command: `servoctl plans show ${cell}`, why: 'see the list, and approve it' }];
    if (modes.indexOf(certified) < modes.indexOf('propose')) return [];
    return [
      {
        command: `servoctl modes set ${cell} ${generation} propose ${reason}`,
        why: 'it is certified: let operators approve stops',
      },
    ];
  },
  hold: (_subject, numbers) => [
    { command: `servoctl holds release ${numbers['id']} ${reason}`, why: 'if the hold is no longer wanted' },
  ],
  freeze: () => [{ command: `servoctl unfreeze ${reason}`, why: 'if the freeze is no longer wanted' }],
  'fleet-quorum': ({ judgement: { evidence } }) => [
    {
      command: `servoctl hosts list --cell ${evidence.host.view.cell}`,
      why: 'which hosts do not answer; dead ones are taken out with: servoctl hosts retire <host>',
    },
  ],
  'self-stall': nothing,
  breaker: (_subject, numbers) => [
    {
      command: `servoctl breakers show ${numbers['cohort']}`,
      why: 'see the list, and close it if it is true',
    },
  ],
  budget: () => [{ command: 'servoctl orders list', why: 'what is under way' }],
};

/** For a shell: in single quotes where it is more than letters, digits and harmless signs. */
function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
