// What would keep a mass stop small, all of it: off where a drill shows what the other gates hold back.
export const breakers = ['breaker', 'check:breaker', 'yes:breaker'] as const;
export const budgets = ['budget', 'check:budget', 'yes:budget', 'agent:limit', 'agent:limit-long'] as const;
