// What the report is made of: one command each, whose last line on standard output is one JSON object.

export interface Part {
  readonly name: string;
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly shows: string;
  /** `npm run` with these words. */
  readonly command: readonly string[];
}

export const parts: readonly Part[] = [
  {
    name: 'sim',
    title: 'Simulation',
    shows:
      'The real decision, fold, sessions, agents and journals over simulated clocks, network and disks, judged by an oracle outside the product.',
    command: ['sim', '--', '--long', '--json'],
  },
  {
    name: 'drills',
    title: 'Drills',
    shows: 'Public incidents in miniature: what would have been stopped, what was, and which gate refused.',
    command: ['drills', '--', '--json'],
  },
  {
    name: 'ablation',
    title: 'Ablation',
    shows:
      'Every gate, every check of the agent and every budget carries weight: without it, something breaks.',
    command: ['ablation', '--', '--json'],
  },
  {
    name: 'crash',
    title: 'Crash points',
    shows: 'The real processes, killed and paused at every durable write in turn, and started again.',
    command: ['crash', '--', '--json'],
  },
  {
    name: 'fuzz',
    title: 'Fuzzing',
    shows: 'Everything that comes from outside, attacked with inputs that are almost right.',
    command: ['fuzz', '--', '--long', '--json'],
  },
  {
    name: 'mutation',
    title: 'Mutation testing',
    shows: 'The decision and the agent’s judgement, changed in small ways: a test must notice.',
    command: ['mutation', '--', '--json'],
  },
];
