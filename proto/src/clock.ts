// Reads this machine's clocks, in one place; everybody else gets the time as a value.
import { readFileSync } from 'node:fs';
import { parseId, type BootId } from './ids.ts';
import type { Now } from './time.ts';

/** Reads the time. Injected everywhere, so that tests and the simulation own it. */
export interface Clock {
  now(): Now;
}

/** This machine's boot id, from the kernel. Throws where /proc does not tell. */
export function readBootId(): BootId {
  return parseId('boot', readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

/**
 * The clock of this machine.
 * @param waitedMs what earlier runs had waited, from durable state; 0 at first.
 * @param scale how much faster than real time waits pass: 1, except in a demo installation.
 */
export function systemClock(waitedMs: number, scale: number): Clock {
  const bootId = readBootId();
  const startMs = monotonicMs();
  return {
    now() {
      const monoMs = monotonicMs();
      return {
        bootId,
        monoMs,
        bootMs: bootTimeMs(monoMs),
        wallMs: Date.now(),
        waitMs: waitedMs + (monoMs - startMs) * scale,
      };
    },
  };
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** /proc/uptime counts suspend, in steps of 10 ms; never below the monotonic clock. */
function bootTimeMs(monoMs: number): number {
  const uptimeS = Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]);
  return Math.max(monoMs, uptimeS * 1000);
}
