// All actions by their names.
import type { Action } from './act.ts';
import { contradict, flap, lag, stray, use } from './claims.ts';
import { localHold, localRestore } from './locals.ts';
import type { ActionName } from './names.ts';
import { approve, demote, editQuery, freeze, hold, reject, restore, retire } from './operators.ts';
import { blueGreen, move } from './places.ts';
import { create, deleteProject, recreate, rename, scale, undelete } from './projects.ts';

export const actions: Readonly<Record<ActionName, Action>> = {
  create,
  scale,
  delete: deleteProject,
  undelete,
  move,
  'blue-green': blueGreen,
  recreate,
  rename,
  flap,
  lag,
  use,
  stray,
  contradict,
  'local-hold': localHold,
  'local-restore': localRestore,
  hold,
  freeze,
  demote,
  approve,
  restore,
  reject,
  retire,
  'edit-query': editQuery,
};
