// Worlds side by side: hands out tasks to workers, each a process with a world of its own, until there are none.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Answer, Task } from './worker.ts';

/** @param onAnswer may put more tasks into the queue. Resolves when all are done. */
export async function work(
  queue: Task[],
  jobs: number,
  onAnswer: (task: Task, answer: Answer) => void,
): Promise<void> {
  await Promise.all(
    Array.from({ length: Math.max(1, Math.min(jobs, queue.length)) }, () => one(queue, onAnswer)),
  );
}

async function one(queue: Task[], onAnswer: (task: Task, answer: Answer) => void): Promise<void> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [], { execArgv: [] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ask = async (task: Task): Promise<Answer> =>
    await new Promise((resolve) => {
      const died = () => resolve({ answer: 'failed', problem: 'the worker has ended' });
      child.once('exit', died);
      child.once('message', (answer) => {
        child.off('exit', died);
        resolve(answer as Answer);
      });
      child.send(task);
    });
  for (let task = queue.shift(); task !== undefined; task = queue.shift()) onAnswer(task, await ask(task));
  if (child.connected) await ask({ task: 'end' });
  await ended;
}
