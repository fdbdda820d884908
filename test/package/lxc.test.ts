import { onEngine } from './engine.ts';

onEngine('lxc');
