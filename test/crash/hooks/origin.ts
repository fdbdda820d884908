// Whose write it is: the function of the product that asked for it.

/** Frames below the ones that are looked for. */
const depth = 40;

/** `folder/file.ts:function` of the nearest callers in the product whose file is not one of `skipped`, at most `count` of them. */
export function callers(skipped: readonly string[], count: number): readonly string[] {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = depth;
  const { stack = '' } = new Error('where');
  Error.stackTraceLimit = before;
  const found: string[] = [];
  for (const line of stack.split('\n')) {
    const [, name = '', file = ''] =
      /^ +at (?:async )?(?:(\S+) .*?)?\(?file:.*\/(?:agent|coordinator|proto)\/src\/(.+):\d+:\d+\)?$/.exec(
        line,
      ) ?? [];
    if (file === '' || skipped.includes(file)) continue;
    const origin = `${file}:${name.replace(/^(Object|Module)\./, '').replace(/^.*\./, '')}`;
    if (found.at(-1) !== origin) found.push(origin);
    if (found.length === count) break;
  }
  return found;
}
