import { onEngine } from './engine.ts';

onEngine('docker');
