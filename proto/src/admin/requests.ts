// Every request of AdminService, field by field. A missing field, an empty selector and a blank reason are refused.
import { id, list, long, message, onlyTrue, optional, path, text } from '../field.ts';
import {
  anyOf,
  caseState,
  caseStates,
  exactlyOneOf,
  holdMs,
  holdScope,
  mode,
  pageSize,
  pageToken,
  reason,
  verdict,
  version,
} from './words.ts';

const host = id('host');
const cell = id('cell');
const uid = id('servo uid');
const incarnation = id('incarnation');
const all = optional(onlyTrue);
const page = { pageSize, pageToken: optional(pageToken) };

export const empty = message({});

export const listHosts = exactlyOneOf(message({ host: optional(host), cell: optional(cell), all, ...page }), [
  'host',
  'cell',
  'all',
]);
export const enrolHost = message({ host, cell, reason });
export const retireHost = message({ host, reason });
export const acceptHost = message({ host, reason });
export const acknowledgeItem = message({ host, path, contentSha256: id('digest'), reason });
export const acknowledgeMissing = message({ host, uid, reason });

export const listServos = anyOf(
  message({
    host: optional(host),
    project: optional(id('project')),
    cell: optional(cell),
    verdict: optional(verdict),
    uid: optional(uid),
    all,
    ...page,
  }),
  ['host', 'project', 'cell', 'verdict', 'uid'],
);
export const explain = message({ uid, host: optional(host) });

export const listCases = anyOf(
  message({
    host: optional(host),
    project: optional(id('project')),
    uid: optional(uid),
    states: list(caseState, caseStates.length),
    all,
    limit: pageSize,
  }),
  ['host', 'project', 'uid', 'states'],
);
export const showCase = message({ uid, incarnation: optional(incarnation) });
export const listQuarantine = exactlyOneOf(
  message({
    host: optional(host),
    project: optional(id('project')),
    cell: optional(cell),
    all,
    limit: pageSize,
  }),
  ['host', 'project', 'cell', 'all'],
);

export const listPlans = exactlyOneOf(message({ cell: optional(cell), all }), ['cell', 'all']);
export const approvePlan = message({ cell, hash: id('digest'), reason });
export const rejectPlan = message({ cell, hash: id('digest'), reason, holdMs });

export const setHold = message({ scope: holdScope, lastsMs: optional(holdMs), reason });
export const releaseHold = message({ id: long(1), reason });
export const freeze = message({ reason });
export const unfreeze = message({ reason });

export const setMode = message({ cell, generation: id('generation'), mode, reason });
export const confirmOrphan = message({ uid, incarnation, host, reason });

export const closeBreaker = message({ cohort: text(300), hash: id('digest'), reason });
export const acceptWitness = message({ witness: id('witness'), hash: text(128), reason });

export const restoreServo = message({ uid, host: optional(host), reason });
export const restorePlan = message({ decisionVersion: long(1), reason });

export const listOrders = exactlyOneOf(
  message({ host: optional(host), cell: optional(cell), id: optional(id('order')), all }),
  ['host', 'cell', 'id', 'all'],
);

export const watchEvents = message({ afterVersion: version });
export const exportAudit = message({ afterVersion: version, untilVersion: optional(long(1)) });
