// Which question each host answered last, as it stands in its reports: what the product keeps of it is only when it was asked.
import type { HostId } from '@servo-auditor/proto/ids.ts';

const echoes = new WeakMap<object, Map<HostId, string>>();

/** @param coordinator whoever was answered. */
export function noteEcho(coordinator: object, host: HostId, plain: unknown): void {
  const message = plain as { readonly heartbeat?: Report; readonly snapshotBegin?: Report };
  const nonce = message.heartbeat?.echoNonce ?? message.snapshotBegin?.echoNonce;
  if (nonce === undefined) return;
  let of = echoes.get(coordinator);
  if (of === undefined) echoes.set(coordinator, (of = new Map()));
  of.set(host, nonce);
}

interface Report {
  readonly echoNonce?: string;
}

export function echoOf(coordinator: object, host: HostId): string {
  return echoes.get(coordinator)?.get(host) ?? '';
}
