// Everything that platform, hosts' people and operators do by themselves, and how often, compared with each other.
export const actionWeights = {
  create: 4,
  scale: 2,
  delete: 8,
  undelete: 5,
  move: 4,
  'blue-green': 4,
  recreate: 4,
  rename: 2,
  flap: 4,
  lag: 3,
  use: 4,
  stray: 2,
  contradict: 2,
  'local-hold': 2,
  'local-restore': 3,
  hold: 4,
  freeze: 2,
  demote: 2,
  approve: 3,
  restore: 3,
  reject: 1,
  retire: 1,
  // After it, nothing is certified for a day: few worlds shall be so.
  'edit-query': 0.3,
} as const satisfies Readonly<Record<string, number>>;

export type ActionName = keyof typeof actionWeights;
export const actionNames = Object.keys(actionWeights) as readonly ActionName[];
