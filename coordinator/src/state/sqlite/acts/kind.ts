// One kind of act, by its name.
import type { Act } from '../../port.ts';

export type ActOf<K extends Act['kind']> = Extract<Act, { readonly kind: K }>;
