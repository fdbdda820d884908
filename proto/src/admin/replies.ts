// Every answer of AdminService, field by field, from the smallest to the largest.
import { flag, id, list, long, message, optional, text, textMap, whole } from '../field.ts';
import { maxProblems, maxRowsPerPage } from '../limits.ts';
import { connections, cpuPermille, decisionMark, journalMark } from '../messages.ts';
import {
  action,
  activity,
  caseState,
  contradiction,
  count,
  gateKind,
  gateOutcome,
  holdScope,
  mode,
  ms,
  orderState,
  pageToken,
  prose,
  releaseKind,
  servoState,
  verdict,
  version,
  voiceSays,
} from './words.ts';

/** Rows of a list inside an answer that is not paged: the whole answer is bounded by `maxAdminReplyBytes`. */
const many = 100_000;

const host = id('host');
const cell = id('cell');
const uid = id('servo uid');
const incarnation = id('incarnation');
const generation = id('generation');
const project = optional(id('project'));
const hash = id('digest');
const name = text(200);
const json = text(262_144);

export const next = message({ command: prose, why: prose });
const nexts = list(next, 50);

export const freezeNote = message({ by: name, reason: prose, sinceWallMs: ms });
export const match = message({
  expected: count,
  found: count,
  missing: list(uid, many),
  missingRounds: count,
});

export const orderRow = message({
  id: id('order'),
  host,
  cell,
  generation,
  uid,
  incarnation,
  project,
  action,
  state: orderState,
  epoch: long(1),
  decisionVersion: version,
  approved: flag,
  reason: prose,
  madeAgoMs: ms,
});

export const actReply = message({ decision: decisionMark, message: prose, next: nexts });
export const notRestored = message({ uid, host, message: prose });
export const restoreReply = message({
  decision: decisionMark,
  message: prose,
  orders: list(orderRow, many, 1),
  notRestored: list(notRestored, many),
  next: nexts,
});

// ---- hosts and witnesses ----

export const hostProblem = message({
  path: text(1024),
  code: name,
  message: prose,
  contentSha256: optional(hash),
  acknowledged: flag,
});
export const inventoryNote = message({
  digest: hash,
  count,
  digestMatches: flag,
  problems: list(hostProblem, maxProblems),
});
export const hostRow = message({
  id: host,
  cell,
  retired: flag,
  connected: flag,
  fresh: flag,
  generation: optional(generation),
  readerVersion: optional(id('reader version')),
  inheritsFrom: optional(id('reader version')),
  heartbeatAgeMs: optional(ms),
  bootId: optional(id('boot')),
  inventory: optional(inventoryNote),
  contested: optional(prose),
  journal: optional(journalMark),
  match: optional(match),
  acknowledgedMissing: list(uid, many),
  next: nexts,
});
export const listHostsReply = message({
  hosts: list(hostRow, maxRowsPerPage),
  nextPageToken: optional(pageToken),
});

export const acceptedSnapshot = message({
  number: count,
  ageMs: ms,
  tookMs: ms,
  version,
  lineage: prose,
  claims: ms,
});
export const waitingSnapshot = message({ why: name, message: prose, hash: text(128), next: optional(next) });
export const witness = message({
  witness: id('witness'),
  source: id('source'),
  authority: flag,
  reads: name,
  hasLookup: flag,
  fresh: flag,
  accepted: optional(acceptedSnapshot),
  waiting: optional(waitingSnapshot),
  failure: optional(prose),
});
export const listWitnessesReply = message({ witnesses: list(witness, 100) });

// ---- breakers, holds, rollout ----

export const breakerMember = message({ uid, incarnation, host });
export const breaker = message({
  cohort: text(300),
  sinceWallMs: ms,
  message: prose,
  members: list(breakerMember, many),
  hash,
  next: optional(next),
});
export const listBreakersReply = message({ breakers: list(breaker, many) });

export const hold = message({
  id: long(1),
  scope: holdScope,
  by: name,
  reason: prose,
  sinceWallMs: ms,
  remainingMs: optional(ms),
});
export const listHoldsReply = message({ holds: list(hold, many), freeze: optional(freezeNote) });

export const modeRow = message({
  cell,
  generation,
  mode,
  certified: mode,
  hosts: count,
  next: optional(next),
});
export const listModesReply = message({ modes: list(modeRow, many) });

export const confirmedOrphan = message({ uid, incarnation, by: name });
export const certification = message({
  cell,
  generation,
  readerVersion: id('reader version'),
  certified: mode,
  heldMs: optional(ms),
  proposeNeedsMs: ms,
  enforceNeedsMs: ms,
  confirmedOrphan: optional(confirmedOrphan),
  message: prose,
  hosts: count,
  next: nexts,
});
export const listCertificationsReply = message({ certifications: list(certification, many) });

// ---- servos and cases ----

export const servoRow = message({
  uid,
  incarnation,
  host,
  cell,
  generation,
  project,
  state: servoState,
  activity,
  contradiction,
  verdict: optional(verdict),
  refusedBy: list(name, 50),
  held: flag,
  caseState: optional(caseState),
});
export const listServosReply = message({
  servos: list(servoRow, maxRowsPerPage),
  nextPageToken: optional(pageToken),
});

export const caseRow = message({
  uid,
  incarnation,
  host,
  cell,
  generation,
  project,
  state: caseState,
  sinceWallMs: ms,
  sinceAgoMs: ms,
  orderId: optional(id('order')),
  decidedAtVersion: optional(version),
  notBeforeRemainingMs: optional(ms),
  message: optional(prose),
});
export const listCasesReply = message({ cases: list(caseRow, maxRowsPerPage), more: flag });
export const caseStep = message({ state: caseState, wallMs: ms, evidenceJson: json });
export const showCaseReply = message({ case: caseRow, steps: list(caseStep, many), next: nexts });
export const quarantineRow = message({
  case: caseRow,
  decisionVersion: optional(version),
  restore: next,
  restoreOnHost: next,
});
export const listQuarantineReply = message({ servos: list(quarantineRow, maxRowsPerPage), more: flag });

// ---- explain ----

export const gate = message({
  name,
  kind: gateKind,
  outcome: gateOutcome,
  says: prose,
  lifts: optional(prose),
  numbers: textMap(100, 500),
});
export const claim = message({
  uid,
  host: optional(host),
  incarnation: optional(incarnation),
  project,
  sinceVersion: optional(version),
});
export const voice = message({
  witness: id('witness'),
  source: id('source'),
  authority: flag,
  says: voiceSays,
  claims: list(claim, 1000),
  snapshotAgeMs: optional(ms),
  snapshotVersion: optional(version),
  snapshotNumber: optional(count),
  failure: optional(prose),
  waiting: optional(prose),
});
export const release = message({
  kind: releaseKind,
  firstReadAgoMs: ms,
  projectReleased: flag,
  project,
  capped: optional(prose),
});
export const roundSnapshot = message({ witness: id('witness'), number: count, version });
export const evidenceRound = message({
  number: whole(1, 0xffff_ffff),
  heartbeat: long(0),
  epoch: long(1),
  bootId: id('boot'),
  agoMs: ms,
  fresh: flag,
  snapshots: list(roundSnapshot, 100),
});
export const hostFacts = message({
  host,
  generation,
  readerVersion: id('reader version'),
  bootId: id('boot'),
  fresh: flag,
  heartbeatAgeMs: optional(ms),
  inventory: optional(inventoryNote),
  contested: optional(prose),
  match,
  generationMatch: match,
});
export const explanation = message({
  uid,
  incarnation,
  runtimeId: id('runtime id'),
  host,
  cell,
  generation,
  project,
  state: servoState,
  activity,
  contradiction,
  cpuPermille: optional(cpuPermille),
  connections: optional(connections),
  firstSeenAgoMs: ms,
  verdict: optional(verdict),
  summary: prose,
  hostFacts,
  gates: list(gate, 50),
  voices: list(voice, 100),
  known: flag,
  release: optional(release),
  rounds: list(evidenceRound, 100),
  roundCount: count,
  case: optional(caseRow),
  order: optional(orderRow),
  holds: list(hold, 1000),
  next: nexts,
  mode,
  certified: mode,
  judgedAgoMs: optional(ms),
});
export const explainReply = message({
  uid,
  copies: list(explanation, 1000),
  notReported: optional(prose),
  voices: list(voice, 100),
  past: list(caseRow, 1000),
  decision: decisionMark,
  demo: flag,
  freeze: optional(freezeNote),
});

// ---- plans and orders ----

export const proposal = message({ uid, incarnation, host, generation, project });
export const blocked = message({ servo: proposal, by: list(gate, 50, 1) });
export const plan = message({
  cell,
  hash: optional(hash),
  proposals: list(proposal, many),
  blocked: list(blocked, many),
  orders: list(orderRow, many),
  ageMs: optional(ms),
  next: nexts,
});
export const listPlansReply = message({ plans: list(plan, 1000) });
export const listOrdersReply = message({ orders: list(orderRow, many) });

// ---- status ----

export const verdictCounts = message({
  live: count,
  stray: count,
  suspect: count,
  orphan: count,
  undecided: count,
});
export const gateCount = message({ gate: name, kind: gateKind, servos: whole(1, 0xffff_ffff) });
export const lastRound = message({
  number: count,
  ageMs: ms,
  tookMs: ms,
  orders: count,
  findings: list(prose, 1000),
});
export const attention = message({ code: name, message: prose, next: optional(next) });
export const cellStatus = message({
  cell,
  enrolled: count,
  fresh: count,
  connected: count,
  verdicts: verdictCounts,
  blocked: list(gateCount, 50),
  proposals: count,
  openOrders: count,
  quarantined: count,
  lastRound: optional(lastRound),
  notDeciding: optional(prose),
});
export const statusReply = message({
  installation: id('installation'),
  coordinator: id('coordinator'),
  demo: flag,
  factor: optional(count),
  epoch: long(1),
  decision: decisionMark,
  freeze: optional(freezeNote),
  cells: list(cellStatus, 1000),
  breakers: list(breaker, many),
  witnesses: list(witness, 100),
  attention: list(attention, 1000),
  version: text(40),
});

// ---- audit ----

export const auditEntry = message({
  version: long(1),
  wallMs: ms,
  by: name,
  event: name,
  reason: prose,
  aboutJson: json,
  previous: hash,
  hash,
});
export const verifyAuditReply = message({ entries: version, firstBroken: optional(version), hash });
