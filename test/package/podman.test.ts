import { onEngine } from './engine.ts';

onEngine('podman');
