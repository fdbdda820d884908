// Listens to containerd's events, to know when its containers must be listed again. Events are hints: one may be missed, so a
// list is never relied on for longer than `fullEveryMs`, and never while the stream of events is broken.
//
// The engine does not say when it has begun to tell events, so a list counts only if it was begun some time after they were
// asked for. Nothing is asked for until a reading may rest on them: who reads once needs none.
import { readTaskExit, type Calls } from './api.ts';
import type { Client, Watched } from './client.ts';

/** Time within which an engine that answers has begun to tell events, in milliseconds. */
const beginsWithinMs = 1000;
/** What happens to tasks all the time and changes nothing of what is read here. */
const harmless: ReadonlySet<string> = new Set([
  '/tasks/exec-added',
  '/tasks/exec-started',
  '/tasks/oom',
  '/tasks/checkpointed',
]);

export interface Hints<T> {
  /** The last list, where nothing has happened since and it is not too old. */
  last(): T | undefined;
  /** Must be called before a list is read; then `remember` with what came. @param wanted whether to ask for events at all. */
  begin(wanted: boolean): void;
  remember(list: T): void;
  close(): void;
}

/** @param fullEveryMs how long a list may be relied on. */
export function listen<T>(client: Client, namespaces: readonly string[], fullEveryMs: number): Hints<T> {
  let stream: Watched | undefined;
  let askedAt = 0;
  let list: T | undefined;
  let readAt = 0;
  let beganAt = 0;
  /** Something happened since `begin`. */
  let stirred = false;
  const forget = () => {
    stirred = true;
    list = undefined;
  };
  const filters = namespaces.flatMap((namespace) =>
    ['containers', 'tasks'].map((kind) => `namespace==${namespace},topic~=|^/${kind}/|`),
  );
  return {
    last: () => (performance.now() - readAt < fullEveryMs ? list : undefined),
    begin(wanted) {
      stirred = false;
      beganAt = performance.now();
      if (stream !== undefined || !wanted) return;
      askedAt = beganAt;
      const over = () => {
        if (stream === opened) stream = undefined;
        forget();
      };
      const opened = client.watch('events', { filters }, (event) => void (matters(event) && forget()), over);
      stream = opened;
    },
    remember(read) {
      if (stirred || stream === undefined || beganAt - askedAt < beginsWithinMs) return;
      list = read;
      readAt = beganAt;
    },
    close() {
      stream?.end();
      stream = undefined;
      list = undefined;
    },
  };
}

/** What cannot be understood matters. */
function matters({ topic, event }: Calls['events'][1]): boolean {
  if (harmless.has(topic)) return false;
  if (topic !== '/tasks/exit' || event === null) return true;
  try {
    // A command that ran inside has ended, not the servo.
    const { containerId, id } = readTaskExit(event.value);
    return id === '' || id === containerId;
  } catch {
    return true;
  }
}
