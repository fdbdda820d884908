// The test build: sources are edited while Node loads them, so that a gate can be turned off from outside. To be imported, and
// `instrument` called, before anything of the product is; whoever wants the product then imports it dynamically.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { edited, edits, root } from './switches.ts';

/** What the edited sources ask, and tell. */
export interface Ablation {
  /** What is turned off now. */
  readonly off: Set<string>;
  /** Every switch that was asked for while it was off: it stood in the way of something. */
  readonly used: Set<string>;
  /** A servo stands in a plan, before the plan is read a second time. */
  planned: (uid: string) => void;
}

/** Prefix of an edited source, on its first line: line numbers stay as they are. */
const prelude =
  "const off = (name: string) => { const is = ablation.off.has(name); if (is) ablation.used.add(name); return is; }; const ablation = (globalThis as unknown as { ablation: import('./build.ts').Ablation }).ablation; ";

/** From now on, sources that have a switch are loaded with it. Throws when one of them was loaded before. */
export function instrument(): Ablation {
  const files = new Set(edits.map((edit) => edit.file));
  const ablation: Ablation = { off: new Set(), used: new Set(), planned: () => undefined };
  Object.assign(globalThis, { ablation });
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.startsWith('file:')) return loaded;
      const path = fileURLToPath(url);
      const file = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : '';
      if (!files.has(file)) return loaded;
      return { ...loaded, source: prelude + edited(file, readFileSync(path, 'utf8')) };
    },
  });
  return ablation;
}
