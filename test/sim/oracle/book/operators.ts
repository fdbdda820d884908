// What operators and the auditor's own caution forbid or allow now: holds, freeze, modes, certifications, open breakers.
import type {
  CellId,
  Generation,
  HostId,
  ProjectId,
  ReaderVersion,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { HoldScope, Mode } from '../../../../coordinator/src/domain/operator.ts';
import type { Handlers } from '../handler.ts';

interface Hold {
  readonly id: number;
  readonly scope: HoldScope;
  readonly sinceMs: number;
  readonly untilMs: number | undefined;
}

/** What a hold, a mode or a breaker may speak of. */
export interface Place {
  readonly uid: ServoUid;
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly projects: readonly ProjectId[];
}

export class Operators {
  readonly breakers = new Set<string>();
  readonly #holds = new Map<number, Hold>();
  readonly #modes = new Map<string, Mode>();
  readonly #certified = new Map<string, Mode>();
  #frozenSinceMs: number | undefined;

  readonly handlers: Handlers = {
    'hold.set': ({ id, scope, untilMs, atMs }) => {
      this.#holds.set(id, { id, scope, sinceMs: atMs, untilMs });
    },
    'hold.released': ({ id }) => {
      this.#holds.delete(id);
    },
    'freeze.set': ({ atMs }) => {
      this.#frozenSinceMs ??= atMs;
    },
    'freeze.lifted': () => {
      this.#frozenSinceMs = undefined;
    },
    'mode.set': ({ cell, generation, mode }) => {
      this.#modes.set(`${cell} ${generation}`, mode);
    },
    certified: ({ cell, generation, readerVersion, mode }) => {
      this.#certified.set(`${cell} ${generation} ${readerVersion}`, mode);
    },
    'breaker.opened': ({ cohort }) => {
      this.breakers.add(cohort);
    },
    'breaker.closed': ({ cohort }) => {
      this.breakers.delete(cohort);
    },
  };

  get frozenSinceMs(): number | undefined {
    return this.#frozenSinceMs;
  }

  /** A hold that protects it at this time, however much clocks drift (as a share). */
  holdOn(place: Place, atMs: number, drift: number): Hold | undefined {
    for (const hold of this.#holds.values())
      if (surelyUntilMs(hold, drift) > atMs && protects(hold.scope, place)) return hold;
    return undefined;
  }

  mode(cell: CellId, generation: Generation): Mode {
    return this.#modes.get(`${cell} ${generation}`) ?? 'observe';
  }

  certified(cell: CellId, generation: Generation, reader: ReaderVersion): Mode {
    return this.#certified.get(`${cell} ${generation} ${reader}`) ?? 'observe';
  }
}

/** Its end was worked out when it was set; since then the coordinator's clocks may have begun to run faster. */
function surelyUntilMs({ sinceMs, untilMs }: Hold, drift: number): number {
  if (untilMs === undefined) return Infinity;
  return sinceMs + ((untilMs - sinceMs) * (1 - drift)) / (1 + drift);
}

function protects(scope: HoldScope, { uid, host, cell, generation, projects }: Place): boolean {
  switch (scope.kind) {
    case 'servo':
      return scope.uid === uid;
    case 'project':
      return projects.includes(scope.project);
    case 'host':
      return scope.host === host;
    case 'generation':
      return scope.cell === cell && scope.generation === generation;
    case 'cell':
      return scope.cell === cell;
  }
}
