// How a plain process is named. A pid alone names nothing, since the kernel uses it again; pid, start time and boot
// together never come twice. So the incarnation changes with every start, and with every boot.
import { parseId, type BootId, type Incarnation, type RuntimeId } from '@servo-auditor/proto/ids.ts';

/** Hex digits of the boot id that an incarnation holds: 48 bits tell the boots of one machine apart. */
const bootDigits = 12;

/** `<pid>:<start in ticks since boot>` */
export function processRuntimeId(pid: number, startTicks: number): RuntimeId {
  return parseId('runtime id', `${pid}:${startTicks}`);
}

/** `<first 12 hex digits of the boot id>:<pid>:<start in ticks since boot>` */
export function processIncarnation(bootId: BootId, pid: number, startTicks: number): Incarnation {
  return parseId('incarnation', `${bootId.replaceAll('-', '').slice(0, bootDigits)}:${pid}:${startTicks}`);
}
