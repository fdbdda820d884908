// How busy each servo was, from samples taken once per scan. Pure: samples, time and memory are arguments.
//
//   active     a connection was seen, or CPU or traffic above their limits, within the window (or a counter that cannot be
//              right)
//   quiet      the whole window was measured, and there was neither
//   measuring  neither so far, but the window has not been measured whole
//   unknown    the runtime cannot tell all of it, and what it can tell shows nothing
//
// The window is `windowMs` of wait time, and at least two scans: so a demo, which scales waits, still compares three
// samples. CPU time and bytes are compared with the time that really passed. A connection that opens and closes between two
// scans is not seen as a connection; what it costs shows in the CPU time, and in the bytes where the runtime counts them.
import type { Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Usage } from './runtime/port.ts';

export type Activity = 'active' | 'quiet' | 'measuring' | 'unknown';

export interface ActivityLimits {
  /** How long a servo must have been quiet, in milliseconds of wait time. */
  readonly windowMs: number;
  /** CPU that still counts as quiet, in thousandths of a core. */
  readonly quietCpuPermille: number;
  /** Traffic that still counts as quiet, in bytes per second: health checks, and what networks say to everybody in them. */
  readonly quietBytesPerS: number;
}

/** What one servo did, as far as it is remembered. Oldest sample first; the last is the latest. */
interface History {
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly waitMs: number;
  readonly monoMs: number;
  readonly cpuMs: number | undefined;
  readonly networkBytes: number | undefined;
  /**
   * At this sample, or at one that was folded into it: a connection was open, or a counter sank, which means that processes
   * ended whose time nobody took over, or that it was started anew.
   */
  readonly worked: boolean;
  /** At this sample, or at one that was folded into it, something could not be seen. */
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

/** Steps that the window is kept in. With the folding below, about twice as many samples: bounds memory at any scan interval. */
const stepsPerWindow = 14;
/** Most samples that are ever kept of one servo: what the folding comes to. */
export const maxSamplesPerServo = 32;
/** Scans that a window covers at least. */
const minScans = 2;
/** Bytes within a window that are never traffic: a handful of frames of the largest usual size. */
const minQuietBytes = 8192;
/** Thousand cores: what the wire can say. */
const maxCpuPermille = 1_024_000;

/** Key of one servo in the memory. */
export function activityKey(uid: ServoUid, incarnation: Incarnation): string {
  return `${uid} ${incarnation}`;
}

/** What one more sample makes of a servo's history. `before` may be the memory of any earlier scan. */
export function measure(
  before: ActivityMemory,
  key: string,
  usage: Usage,
  now: Now,
  limits: ActivityLimits,
): { readonly history: History; readonly measured: Measured } {
  const old = before.get(key)?.samples ?? [];
  const last = old.at(-1);
  const sank = isLess(usage.cpuMs, last?.cpuMs) || isLess(usage.networkBytes, last?.networkBytes);
  const sample: Sample = {
    waitMs: now.waitMs,
    monoMs: now.monoMs,
    cpuMs: usage.cpuMs,
    networkBytes: usage.networkBytes,
    worked: sank || (usage.connections ?? 0) > 0,
    blind: usage.connections === undefined || usage.cpuMs === undefined,
  };
  const samples = remember(old, sample, limits.windowMs);
  return {
    history: { samples },
    measured: {
      activity: judge(samples, usage.cpuStepMs, limits),
      cpuPermille: last === undefined ? undefined : permille(last, sample),
      connections: usage.connections,
    },
  };
}

function judge(samples: readonly Sample[], stepMs: number, limits: ActivityLimits): Activity {
  const [oldest] = samples;
  const newest = samples.at(-1);
  if (oldest === undefined || newest === undefined) return 'measuring';
  const whole = samples.length > minScans && newest.waitMs - oldest.waitMs >= limits.windowMs;
  // The oldest sample of a whole window stands before it: only its CPU counter matters.
  const inside = whole ? samples.slice(1) : samples;
  if (inside.some((s) => s.worked)) return 'active';
  if (cpuBusy(oldest, newest, stepMs, limits) || networkBusy(oldest, newest, limits)) return 'active';
  if (inside.some((s) => s.blind) || oldest.cpuMs === undefined) return 'unknown';
  return whole ? 'quiet' : 'measuring';
}

/** One step of the counter is never too much: it may be the end of work that was done before the window. */
function cpuBusy(from: Sample, to: Sample, stepMs: number, limits: ActivityLimits): boolean {
  if (from.cpuMs === undefined || to.cpuMs === undefined) return false;
  const allowedMs = Math.max(stepMs, ((to.monoMs - from.monoMs) * limits.quietCpuPermille) / 1000);
  return to.cpuMs - from.cpuMs > allowedMs;
}

/** What a servo says to keep its place in a network is no traffic: some frames are never too much. */
function networkBusy(from: Sample, to: Sample, limits: ActivityLimits): boolean {
  if (from.networkBytes === undefined || to.networkBytes === undefined) return false;
  const allowed = Math.max(minQuietBytes, ((to.monoMs - from.monoMs) * limits.quietBytesPerS) / 1000);
  return to.networkBytes - from.networkBytes > allowed;
}

function isLess(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a < b;
}

function permille(from: Sample, to: Sample): number | undefined {
  const elapsedMs = to.monoMs - from.monoMs;
  if (from.cpuMs === undefined || to.cpuMs === undefined || elapsedMs <= 0) return undefined;
  return Math.min(maxCpuPermille, Math.max(0, Math.round(((to.cpuMs - from.cpuMs) / elapsedMs) * 1000)));
}

/** The history with one more sample, beginning with the newest sample that is a whole window, and two scans, old. */
function remember(old: readonly Sample[], sample: Sample, windowMs: number): readonly Sample[] {
  const samples = fold([...old, sample], windowMs / stepsPerWindow);
  const from = samples.findLastIndex(
    (s, i) => i < samples.length - minScans && sample.waitMs - s.waitMs >= windowMs,
  );
  return samples.slice(Math.max(0, from)).slice(-maxSamplesPerServo);
}

/**
 * Folds the third sample from the end into the second, when its neighbours stand within one step of each other. The later
 * one keeps what the earlier one saw, so it stays in the window longer than it should, never shorter.
 */
function fold(samples: readonly Sample[], stepMs: number): readonly Sample[] {
  const at = samples.length - 3;
  const [left, middle, right] = [samples[at - 1], samples[at], samples[at + 1]];
  if (left === undefined || middle === undefined || right === undefined) return samples;
  if (right.waitMs - left.waitMs > stepMs) return samples;
  const folded = { ...right, worked: middle.worked || right.worked, blind: middle.blind || right.blind };
  return [...samples.slice(0, at), folded, ...samples.slice(at + 2)];
}
