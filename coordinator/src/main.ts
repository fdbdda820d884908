// servo-coordinator: everything is in program.ts.
import { programOf } from './program.ts';

await programOf().parseAsync();
