import { onEngine } from './engine.ts';

onEngine('containerd');
