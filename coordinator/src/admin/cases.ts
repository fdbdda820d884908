// Cases, and what is in quarantine.
import { Refused, type AdminCalls, type Next } from '@servo-auditor/proto/admin.ts';
import type { Case } from '../domain/case.ts';
import type { CaseFilter } from '../state/port.ts';
import type { AdminDeps } from './deps.ts';
import { caseRow, reasonWanted, wholeMs } from './rows.ts';
import { knownCell, knownHost, look } from './scene.ts';

export function caseCalls(deps: AdminDeps): Pick<AdminCalls, 'ListCases' | 'ShowCase' | 'ListQuarantine'> {
  const find = (filter: CaseFilter): Promise<readonly Case[]> => deps.store.findCases(filter);
  return {
    async ListCases({ host, project, uid, states, limit }) {
      const scene = await look(deps);
      if (host !== undefined) knownHost(host, scene);
      if (new Set(states).size !== states.length)
        throw new Refused('invalid', 'states: has one twice; want each once');
      const found = await find({
        ...(host === undefined ? {} : { host }),
        ...(project === undefined ? {} : { project }),
        ...(uid === undefined ? {} : { uid }),
        ...(states.length === 0 ? {} : { states }),
        limit: limit + 1,
      });
      return { cases: found.slice(0, limit).map((c) => caseRow(c, scene.now)), more: found.length > limit };
    },

    async ShowCase({ uid, incarnation }) {
      const now = deps.now();
      const found = (await find({ uid, limit: 1000 })).find(
        (c) => incarnation === undefined || c.incarnation === incarnation,
      );
      if (found === undefined)
        throw new Refused(
          'not-found',
          `there is no case of ${uid}${incarnation === undefined ? '' : ` ${incarnation}`}; see: servoctl explain ${uid}`,
        );
      const history = await deps.store.caseHistory(uid, found.incarnation);
      return {
        case: caseRow(found, now),
        steps: history.map(({ state, wallMs, evidence }) => ({
          state,
          wallMs: wholeMs(wallMs),
          evidenceJson: evidence,
        })),
        next: nextOf(found),
      };
    },

    async ListQuarantine({ host, project, cell, limit }) {
      const scene = await look(deps);
      if (host !== undefined) knownHost(host, scene);
      if (cell !== undefined) knownCell(cell, deps, scene);
      const found = scene.operator.cases
        .filter((c) => c.state === 'quarantined')
        .filter(
          (c) =>
            (host ?? c.host) === c.host &&
            (cell ?? c.cell) === c.cell &&
            (project ?? c.project) === c.project,
        )
        .toSorted((a, b) => b.sinceMs - a.sinceMs);
      const servos = await Promise.all(
        found.slice(0, limit).map(async (c) => ({
          case: caseRow(c, scene.now),
          decisionVersion:
            c.order === undefined ? undefined : (await deps.store.findOrder(c.order))?.decisionVersion,
          restore: restoreOf(c),
          restoreOnHost: {
            command: `servo-agent restore ${c.uid}`,
            why: `on ${c.host} itself, without the coordinator`,
          },
        })),
      );
      return { servos, more: found.length > limit };
    },
  };
}

function restoreOf({ uid, host }: Case): Next {
  return {
    command: `servoctl restore servo ${uid} --host ${host} ${reasonWanted}`,
    why: 'start it again, and hold it for a while',
  };
}

function nextOf(found: Case): readonly Next[] {
  const explain = { command: `servoctl explain ${found.uid}`, why: 'why it is so now' };
  return found.state === 'quarantined' ? [restoreOf(found), explain] : [explain];
}
