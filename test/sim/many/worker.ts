// One of the processes that share the seeds: batches in, reports out.
import { runBatch } from './batch.ts';
import type { Batch } from './message.ts';

export function serve(): void {
  process.on('message', (batch: Batch) => {
    void runBatch(batch).then(
      (report) => process.send?.(report),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
