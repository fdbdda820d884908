// All scenes, in the order in which their points are numbered.
import type { Scene } from '../scene.ts';
import { acts } from './acts.ts';
import { lives } from './lives.ts';
import { starts } from './starts.ts';

export const scenes: readonly Scene[] = [...lives, ...acts, ...starts];

export function sceneNamed(name: string): Scene {
  const scene = scenes.find((s) => s.name === name);
  if (scene === undefined)
    throw new Error(`no scene ${name}; there are ${scenes.map((s) => s.name).join(', ')}`);
  return scene;
}
