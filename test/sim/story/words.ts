// An event as one line for people, in the words of the design.
import type { Kind, Servo, Told, WorldEvent } from '../event.ts';

type Words = { readonly [K in Kind]: (event: Told<K>) => string };

const servo = ({ uid, incarnation, host }: Servo): string => `${uid} (${incarnation}) on ${host}`;
const at = (host: string | undefined): string => (host === undefined ? 'on any host' : `on ${host}`);
const short = (text: string): string => text.slice(0, 12);

const words: Words = {
  'witness.configured': (e) =>
    `witness ${e.witness} of source ${e.source}${e.authority ? ', the authority' : ''}${e.lookup ? '' : ', without look-up'}`,
  'host.enrolled': (e) => `host ${e.host} is enrolled in ${e.cell}: ${e.generation}`,
  'host.retired': (e) => `host ${e.host} is retired`,
  'host.allowsDestroy': (e) => `host ${e.host} allows destroy`,
  'host.crashed': (e) => `host ${e.host} fails`,
  'host.booted': (e) => `host ${e.host} boots as ${e.boot}`,
  'host.reimaged': (e) => `host ${e.host} is re-imaged`,
  'host.restored': (e) => `host ${e.host} goes back to its disk of ${time(e.toMs)}`,
  'host.renamed': (e) => `host ${e.host} is called ${e.to}`,
  'host.reads': (e) => `host ${e.host} reads by reader version ${short(e.readerVersion)}`,
  'servo.created': (e) => `servo ${servo(e)} of ${e.project} runs`,
  'servo.renamed': (e) => `servo ${servo(e)} is called ${e.to} by the platform`,
  'servo.spelled': (e) => `servo ${servo(e)} is shown as ${e.as ?? 'nothing'}`,
  'servo.contradicted': (e) =>
    `store and runtime ${e.contradicted ? 'disagree' : 'agree again'} about ${servo(e)}`,
  'servo.used': (e) => `servo ${servo(e)} is ${e.used ? 'in use' : 'quiet'}`,
  'servo.gone': (e) => `servo ${servo(e)} is gone`,
  'claim.committed': (e) => `${e.witness} claims ${e.uid} ${at(e.host)} (version ${e.version})`,
  'claim.withdrawn': (e) =>
    `${e.witness} claims ${e.uid} ${at(e.host)} no longer: ${e.how} (version ${e.version})`,
  'tombstone.committed': (e) =>
    `${e.witness} has a tombstone of ${e.uid} ${at(e.host)}${e.projectReleased ? ', its project is released' : ''}${e.incarnation === undefined ? '' : `, for ${e.incarnation}`}`,
  'tombstone.removed': (e) => `${e.witness} has no tombstone of ${e.uid} ${at(e.host)} any more`,
  'item.broken': (e) => `${e.path} on ${e.host} cannot be read`,
  'item.mended': (e) => `${e.path} on ${e.host} can be read again`,
  'local.held': (e) => `a hold file on ${e.host} protects ${e.uid ?? 'all'}`,
  'local.released': (e) => `the hold file on ${e.host} for ${e.uid ?? 'all'} is gone`,
  'fault.began': (e) => `FAULT ${e.id} ${e.fault} begins (${subject(e.subject)}): ${e.detail}`,
  'fault.ended': (e) => `FAULT ${e.id} ${e.fault} is over`,
  'agent.started': (e) => `agent of ${e.host} starts`,
  'agent.crashed': (e) => `agent of ${e.host} is killed`,
  'agent.paused': (e) => `agent of ${e.host} stands still`,
  'agent.resumed': (e) => `agent of ${e.host} goes on`,
  'coordinator.crashed': (e) => `coordinator ${e.coordinator} ends`,
  'coordinator.paused': (e) => `coordinator ${e.coordinator} stands still`,
  'coordinator.resumed': (e) => `coordinator ${e.coordinator} goes on`,
  'lead.taken': (e) => `coordinator ${e.coordinator} leads ${e.cells.join(', ')} under epoch ${e.epoch}`,
  'agent.welcomed': (e) => `agent of ${e.host} is welcomed under epoch ${e.epoch}`,
  'contest.found': (e) => `host ${e.host} is found contested under epoch ${e.epoch}: ${e.why}`,
  'host.contested': (e) => `host ${e.host} is contested: ${e.why}`,
  'heartbeat.heard': (e) =>
    `heartbeat ${e.number} of ${e.host}, asked ${Math.round(e.atMs - e.askedMs)} ms ago, digest ${short(e.digest)}`,
  'inventory.taken': (e) =>
    `inventory of ${e.host}: ${e.servos.length} servos, ${e.problems} problems, digest ${short(e.digest)}`,
  'witness.read': (e) =>
    `snapshot of ${e.witness} ${e.outcome}${e.number === undefined ? '' : `: number ${e.number}, version ${e.version}, ${e.claims} claims`}`,
  'pass.ended': (e) =>
    `round over ${e.cell} by ${e.coordinator}: ${Object.entries(e.verdicts)
      .map(([v, n]) => `${v} ${n}`)
      .join(
        ', ',
      )}; ${e.refusals.map(([g, n]) => `${g} ${n}`).join(', ')}${e.findings > 0 ? `; plan void: ${e.findings} findings` : ''}`,
  'order.durable': (e) =>
    `order ${e.order} to ${e.action} ${e.uid} (${e.incarnation}) on ${e.host} is durable, epoch ${e.epoch}${e.approved ? ', approved' : ''}${e.automatic ? ', automatic' : ''}, ${e.rounds.length} rounds of evidence`,
  'order.closing': (e) => `order ${e.order} is to be closed`,
  'breaker.opened': (e) => `breaker ${e.cohort} opens`,
  'audit.appended': (e) => `decision ${e.version} ${short(e.hash)}`,
  'audit.verified': (e) =>
    `audit chain of ${e.entries} entries ${e.firstBroken === undefined ? 'verifies' : `does not verify at ${e.firstBroken}`}`,
  'state.rewound': (e) => `hard state goes back to decision ${e.toVersion}`,
  'hold.set': (e) =>
    `hold ${e.id} on ${Object.values(e.scope).join(' ')}${e.untilMs === undefined ? '' : ` until ${time(e.untilMs)}`}`,
  'hold.released': (e) => `hold ${e.id} is released`,
  'freeze.set': () => 'everything is frozen',
  'freeze.lifted': () => 'the freeze is lifted',
  'mode.set': (e) => `mode of ${e.generation} in ${e.cell} is ${e.mode}`,
  certified: (e) =>
    `${e.generation} in ${e.cell} by reader ${short(e.readerVersion)} is certified for ${e.mode}`,
  'breaker.closed': (e) => `breaker ${e.cohort} is closed`,
  approved: (e) => `approved: ${e.servos.map((s) => s.uid).join(', ')}`,
  'operator.acted': (e) => `operator: ${e.act} ${e.about}`,
  'order.sent': (e) => `order ${e.order} goes out to ${e.host}`,
  'question.asked': (e) => `agent of ${e.host} asks to confirm ${e.order}`,
  'lookup.answered': (e) =>
    `look-up of ${e.uid} at ${e.witness}${e.control ? ' (control)' : ''}: ${e.answer}`,
  condemned: (e) => `${e.uid} is condemned for ${e.order}`,
  absolved: (e) => `${e.uid} is absolved of ${e.order}`,
  'yes.committed': (e) => `the yes to ${e.order} is committed`,
  'yes.sent': (e) => `the yes to ${e.order} goes out`,
  'no.sent': (e) => `a no to ${e.order} goes out: ${e.code}`,
  'question.answered': (e) => `agent of ${e.host} has its answer to ${e.order}: ${e.yes ? 'yes' : 'no yes'}`,
  'journal.durable': (e) => `journal of ${e.host}: ${e.entry} of ${e.order}`,
  'stop.began': (e) => `STOP of ${servo(e)} begins, by ${e.order}`,
  'stop.executed': (e) => `STOP of ${servo(e)} is executed, by ${e.order}`,
  'start.executed': (e) => `START of ${servo(e)} (was ${e.was}) is executed, by ${e.order ?? 'hand'}`,
  'destroy.executed': (e) => `DESTROY of ${servo(e)} is executed, by ${e.order}`,
  'agent.refused': (e) => `agent of ${e.host} refuses ${e.order}: ${e.code}`,
  'receipt.sent': (e) => `receipt of ${e.host} for ${e.order}: ${e.outcome}`,
  'receipt.accepted': (e) => `receipt for ${e.order} is durable: ${e.outcome}`,
  'receipt.acknowledged': (e) => `receipt for ${e.order} is acknowledged`,
  'undo.tried': (e) => `restore of ${servo(e)} by hand: ${e.done ? 'done' : `not done: ${e.why}`}`,
  'world.ended': (e) => `the world ends, ${time(e.calmMs)} after the last fault`,
};

/** `h:mm:ss.mmm` since the world began. */
export function time(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${Math.floor(whole / 3_600_000)}:${two(Math.floor(whole / 60_000) % 60)}:${two(Math.floor(whole / 1000) % 60)}.${String(whole % 1000).padStart(3, '0')}`;
}

export function line(event: WorldEvent): string {
  const say = words[event.kind] as (event: WorldEvent) => string;
  return `${time(event.atMs)}  ${say(event)}`;
}

function subject(it: Told<'fault.began'>['subject']): string {
  switch (it.kind) {
    case 'host':
      return it.host;
    case 'coordinator':
      return it.coordinator;
    case 'witness':
      return it.witness;
    case 'everybody':
      return 'everybody';
  }
}
