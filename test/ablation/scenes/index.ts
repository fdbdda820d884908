// All worlds, and what no world is directed at although it should be.
import { actionGates, evidenceGates } from '../../../coordinator/src/domain/verdict.ts';
import type { Ablation } from '../build.ts';
import { agentChecks } from '../switches.ts';
import type { Scene } from '../scene.ts';
import { actionScenes } from './action.ts';
import { agentScenes, onlyWords } from './agent.ts';
import { evidenceScenes } from './evidence.ts';

const breakers = ['host', 'generation', 'reader', 'cell', 'fleet', 'project'].map((c) => `breaker:${c}`);
const budgets = ['host', 'generation', 'cell', 'fleet'].map((c) => `budget:${c}`);

export function allScenes(ablation: Ablation): readonly Scene[] {
  return [...evidenceScenes(ablation), ...actionScenes(ablation), ...agentScenes];
}

/** Gates, limits and checks of the agent, as the sources have them now, that no world is directed at. */
export function uncovered(scenes: readonly Scene[]): readonly string[] {
  const covered = new Set([...scenes.map((scene) => scene.gate), ...Object.keys(onlyWords)]);
  return [...evidenceGates, ...actionGates, ...breakers, ...budgets, ...agentChecks()].filter(
    (name) => !covered.has(name),
  );
}
