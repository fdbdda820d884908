// The actor of the configured runtime: a new one is a file beside this, which implements actor.ts, and one case here.
import type { Config } from '../config.ts';
import type { Actor } from './actor.ts';
import { containerdActor } from './containerd/actor.ts';
import { dockerActor } from './docker/actor.ts';
import { lxcActor } from './lxc/actor.ts';
import { processActor } from './process-actor.ts';

export function openActor({ runtime }: Config): Actor {
  switch (runtime.kind) {
    case 'process':
      return processActor({ parents: runtime.parents, stopGraceMs: runtime.stopGrace });
    case 'docker':
      return dockerActor({
        socket: runtime.socket,
        answerMs: runtime.answer,
        stopGraceMs: runtime.stopGrace,
        pruner: runtime.pruner,
        scratch: runtime.scratch,
      });
    case 'containerd':
      return containerdActor({
        socket: runtime.socket,
        answerMs: runtime.answer,
        stopGraceMs: runtime.stopGrace,
        pruner: runtime.pruner,
        scratch: runtime.scratch,
        hooks: runtime.hooks,
      });
    case 'lxc':
      return lxcActor({ lxcpath: runtime.lxcpath, hooks: runtime.hooks, stopGraceMs: runtime.stopGrace });
  }
}
