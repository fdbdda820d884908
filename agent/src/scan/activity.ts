// How busy each servo was, from samples taken once per scan. Pure: samples, time and memory are arguments.
//
//   active     a connection was seen, or CPU above the limit, within the window (or a counter that cannot be right)
//   quiet      the whole window was measured, and there was neither
//   measuring  neither so far, but the window has not been measured whole
//   unknown    the runtime cannot tell all of it, and what it can tell shows nothing
//
// The window is `windowMs` of wait time, and at least two scans: so a demo, which scales waits, still compares three
// samples. CPU time is compared with the time that really passed. A connection that opens and closes between two scans is
// not seen as a connection; what it costs shows in the CPU time only.
import type { Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Usage } from './runtime/port.ts';

export type Activity = 'active' | 'quiet' | 'measuring' | 'unknown';

export interface ActivityLimits {
  /** How long a servo must have been quiet, in milliseconds of wait time. */
  readonly windowMs: number;
  /** CPU that still counts as quiet, in thousandths of a core. */
  readonly quietCpuPermille: number;
}

/** What one servo did, as far as it is remembered. Oldest sample first; the last is the latest. */
interface History {
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly waitMs: number;
  readonly monoMs: number;
  readonly cpuMs: number | undefined;
  /** A connection was open at this sample, or at one that this one stands for. */
  readonly connected: boolean;
  /** Connections could not be seen at this sample, or at one that this one stands for. */
  readonly blind: boolean;
}

/** Histories by servo and incarnation. Only what the latest scan saw is in it. */
export type ActivityMemory = ReadonlyMap<string, History>;

export interface Measured {
  readonly activity: Activity;
  /** Since the scan before, in thousandths of a core. Absent: cannot be told. */
  readonly cpuPermille: number | undefined;
  readonly connections: number | undefined;
}

/** Samples kept of one servo between the two ends of the window: bounds memory, whatever the scan interval is. */
export const maxSamplesPerServo = 16;
/** Scans that a window covers at least. */
const minScans = 2;

/** Key of one servo in the memory. */
export function activityKey(uid: ServoUid, incarnation: Incarnation): string {
  return `${uid} ${incarnation}`;
}

/** What one more sample makes of a servo's history. */
export function measure(
  before: ActivityMemory,
  key: string,
  usage: Usage,
  now: Now,
  limits: ActivityLimits,
): { readonly history: History; readonly measured: Measured } {
  const sample: Sample = {
    waitMs: now.waitMs,
    monoMs: now.monoMs,
    cpuMs: usage.cpuMs,
    connected: (usage.connections ?? 0) > 0,
    blind: usage.connections === undefined,
  };
  const old = before.get(key)?.samples ?? [];
  const samples = remember(old, sample, limits.windowMs);
  const last = old.at(-1);
  const measured: Measured = {
    activity: judge(samples, usage, limits),
    cpuPermille: last === undefined ? undefined : permille(last, sample),
    connections: usage.connections,
  };
  return { history: { samples }, measured };
}

function judge(samples: readonly Sample[], usage: Usage, limits: ActivityLimits): Activity {
  const newest = samples.at(-1);
  const oldest = samples[0];
  if (newest === undefined || oldest === undefined) return 'measuring';
  if (samples.some((s) => s.connected)) return 'active';
  if (cpuBusy(oldest, newest, usage.cpuStepMs, limits)) return 'active';
  if (samples.some((s, i) => i > 0 && fellBack(samples[i - 1], s))) return 'active';
  if (samples.some((s) => s.blind || s.cpuMs === undefined)) return 'unknown';
  const whole = newest.waitMs - oldest.waitMs >= limits.windowMs && samples.length > minScans;
  return whole ? 'quiet' : 'measuring';
}

/** One step of the counter is never too much: it may be the end of work that was done before the window. */
function cpuBusy(from: Sample, to: Sample, stepMs: number, limits: ActivityLimits): boolean {
  if (from.cpuMs === undefined || to.cpuMs === undefined || from === to) return false;
  const allowedMs = Math.max(stepMs, ((to.monoMs - from.monoMs) * limits.quietCpuPermille) / 1000);
  return to.cpuMs - from.cpuMs > allowedMs;
}

/** A sum that sinks lost the time of processes that ended: something worked. */
function fellBack(from: Sample | undefined, to: Sample): boolean {
  return from?.cpuMs !== undefined && to.cpuMs !== undefined && to.cpuMs < from.cpuMs;
}

function permille(from: Sample, to: Sample): number | undefined {
  if (from.cpuMs === undefined || to.cpuMs === undefined) return undefined;
  const elapsedMs = to.monoMs - from.monoMs;
  if (elapsedMs <= 0) return undefined;
  return Math.min(1_024_000, Math.max(0, Math.round(((to.cpuMs - from.cpuMs) / elapsedMs) * 1000)));
}

/**
 * The history with one more sample, from the newest sample that is a whole window old. Samples inside the window that
 * stand closer than a share of it are folded into the later one, which keeps what they saw.
 */
function remember(old: readonly Sample[], sample: Sample, windowMs: number): readonly Sample[] {
  const samples = fold([...old, sample], windowMs / (maxSamplesPerServo - minScans));
  let from = 0;
  for (let i = 0; i < samples.length - minScans; i += 1) {
    const s = samples[i];
    if (s !== undefined && sample.waitMs - s.waitMs >= windowMs) from = i;
  }
  return samples.slice(from);
}

/** Folds the sample before the last two into the next, when both stand within one step of the one before them. */
function fold(samples: readonly Sample[], stepMs: number): readonly Sample[] {
  const at = samples.length - 1 - minScans;
  const left = samples[at - 1];
  const middle = samples[at];
  const right = samples[at + 1];
  if (left === undefined || middle === undefined || right === undefined) return samples;
  if (right.waitMs - left.waitMs > stepMs) return samples;
  // The middle's counter is not needed between its neighbours, unless it sank: then the sink must stay visible.
  if (fellBack(left, middle) || fellBack(middle, right)) return samples.length > 2 * maxSamplesPerServo ? drop(samples, at) : samples;
  return [
    ...samples.slice(0, at),
    { ...right, connected: middle.connected || right.connected, blind: middle.blind || right.blind },
    ...samples.slice(at + 2),
  ];
}

/** Too many sinks to keep them all: the servo works, and the next sample says so. */
function drop(samples: readonly Sample[], at: number): readonly Sample[] {
  const right = samples[at + 1];
  if (right === undefined) return samples;
  return [...samples.slice(0, at), { ...right, connected: true }, ...samples.slice(at + 2)];
}
