// Who may have a session, and what its welcome says. A host whose past does not fit is let in, so that it is seen, and
// contested, so that it gets no orders.
import { protocolMax, protocolMin } from '@servo-auditor/proto/limits.ts';
import type { Hello, Welcome } from '@servo-auditor/proto/wire.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Peer } from '@servo-auditor/proto/tls.ts';
import type { Coordinator } from '../coordinator.ts';

export type HostPeer = Extract<Peer, { kind: 'host' }>;

export interface Refusal {
  readonly refused: string;
  readonly message: string;
}

/** The welcome (without its first question), or why there is none. Enrols a host at first contact. */
export async function welcomeFor(
  hello: Hello,
  peer: HostPeer,
  coordinator: Coordinator,
): Promise<{ readonly welcome: Omit<Welcome, 'ask'> } | Refusal> {
  const refusal = refuse(hello, peer, coordinator);
  if (refusal !== undefined) return refusal;
  await enrol(hello, peer, coordinator);
  const { fleet, clock, installation, epoch, policy } = coordinator;
  const { generation, readerVersion, bootId } = hello;
  fleet.connect({ host: peer.id, cell: peer.cell, generation, readerVersion, bootId, epoch }, clock.now());
  const hashAtYours = await chainAt(hello, coordinator);
  const wrong =
    foreignPast(hello, hashAtYours, coordinator) ?? coordinator.hosts.noteJournal(peer.id, hello.journal);
  if (wrong !== undefined) coordinator.contest(peer.id, wrong);
  return {
    welcome: {
      protocol: Math.min(hello.protocolMax, protocolMax),
      installation,
      cell: peer.cell,
      epoch,
      decision: coordinator.decision(),
      ...(hashAtYours === undefined ? {} : { hashAtYours }),
      heartbeatIntervalMs: policy.heartbeatIntervalMs,
    },
  };
}

function refuse(hello: Hello, peer: HostPeer, { cells, demo, hosts }: Coordinator): Refusal | undefined {
  if (hello.protocolMin > protocolMax || hello.protocolMax < protocolMin)
    return {
      refused: 'protocol-version',
      message: `the agent speaks protocol ${hello.protocolMin} to ${hello.protocolMax}, this coordinator ${protocolMin} to ${protocolMax}: upgrade the older one`,
    };
  if (!cells.includes(peer.cell))
    return {
      refused: 'wrong-cell',
      message: `this coordinator leads ${cells.join(', ')}, not ${peer.cell}: mend coordinator.address`,
    };
  if (hello.demo !== (demo !== undefined))
    return {
      refused: 'demo',
      message: hello.demo
        ? 'the agent is of a demo installation, this coordinator is not'
        : 'this coordinator is of a demo installation, the agent is not',
    };
  if (hosts.get(peer.id)?.retired === true)
    return {
      refused: 'retired',
      message: `${peer.id} was retired; to take it in again: servoctl hosts enrol ${peer.id} --cell ${peer.cell}`,
    };
  const enrolledIn = hosts.get(peer.id)?.cell;
  if (enrolledIn !== undefined && enrolledIn !== peer.cell)
    return {
      refused: 'wrong-cell',
      message: `${peer.id} is enrolled in ${enrolledIn}, its certificate says ${peer.cell}`,
    };
  return undefined;
}

async function enrol(hello: Hello, peer: HostPeer, { hosts, store, fence, id }: Coordinator): Promise<void> {
  const known = hosts.get(peer.id);
  const { generation, readerVersion } = hello;
  if (known === undefined) {
    const by = parseId('operator', id);
    await store.act(fence(), by, 'first contact, with a certificate for this cell', {
      kind: 'host.enrolled',
      host: peer.id,
      cell: peer.cell,
    });
    hosts.set({
      host: peer.id,
      cell: peer.cell,
      generation,
      readerVersion,
      inheritsFrom: undefined,
      retired: false,
      acknowledged: [],
      journal: undefined,
      contested: undefined,
    });
  } else if (known.generation !== generation || known.readerVersion !== readerVersion)
    // What another reader version inherited is not this one's; the fold finds out anew.
    hosts.set({ ...known, generation, readerVersion, inheritsFrom: undefined });
}

async function chainAt(hello: Hello, { store, installation }: Coordinator): Promise<Welcome['hashAtYours']> {
  const mark = hello.highestDecision;
  if (hello.installation !== undefined && hello.installation !== installation) return undefined;
  return mark === undefined ? undefined : await store.hashAt(mark.version);
}

/** Why the host's memory of this installation does not fit. Undefined: it does, or it has none. */
function foreignPast(
  hello: Hello,
  hashAtYours: Welcome['hashAtYours'],
  { installation, epoch }: Coordinator,
): string | undefined {
  if (hello.installation === undefined) return undefined;
  if (hello.installation !== installation)
    return `it belongs to installation ${hello.installation}, this is ${installation}`;
  if ((hello.highestEpoch ?? 0) > epoch)
    return `it has seen epoch ${hello.highestEpoch}, this coordinator leads under ${epoch}: an older state?`;
  const mark = hello.highestDecision;
  if (mark !== undefined && mark.hash !== hashAtYours)
    return `it knows decision ${mark.version}, which is not in this coordinator's chain: a restored or rewound state?`;
  return undefined;
}
