// JSON that says one thing only. JSON.parse lets the last of two equal keys win, in silence; here a key that stands twice in
// one object is refused, since a manifest with two uids has none.

/**
 * The value; a byte order mark before it is passed over. Throws a `SyntaxError` for what is not JSON in UTF-8, or holds a key twice.
 * Never shows a value of the text.
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SyntaxError('not UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text, which may hold secrets; its position does not.
    const at = / at position \d+( \(line \d+ column \d+\))?/.exec(String(error))?.[0] ?? '';
    throw new SyntaxError(text.trim() === '' ? 'empty' : `not JSON${at}`);
  }
  const twice = keyTwice(text);
  if (twice !== undefined)
    throw new SyntaxError(`the key ${JSON.stringify(twice.slice(0, 60))} stands twice in one object`);
  return value;
}

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** The first key that stands twice in one object of a valid JSON text. */
function keyTwice(text: string): string | undefined {
  // Keys of the objects that are open, innermost last; a list holds no keys.
  const open: (Set<string> | undefined)[] = [];
  let keyNext = false;
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (keyNext && token.startsWith('"')) {
      const key: unknown = JSON.parse(token);
      const keys = open.at(-1);
      if (typeof key === 'string' && keys !== undefined) {
        if (keys.has(key)) return key;
        keys.add(key);
      }
    }
    keyNext = token === '{' || (token === ',' && open.at(-1) !== undefined);
  }
  return undefined;
}

/** The value at a dotted path of own properties, or undefined when the path leads nowhere. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key))
      return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
