// What makes containerd start a container again by itself: the label that its restart plugin looks for every few seconds, and
// after every boot. It is taken away for a quarantine and given back afterwards; the plugin's other labels (policy, log, count)
// mean nothing without it, and stay.
import { runtimeIdOf, type Container } from '../../scan/runtime/containerd/answers.ts';
import type { Client } from '../../scan/runtime/containerd/client.ts';

export const restartLabel = 'containerd.io/restart.status';

/** Takes it away. Rejects with `ContainerdError` where the engine does not do it. */
export async function takeAway(client: Client, now: Container): Promise<string | undefined> {
  if (now.labels[restartLabel] === undefined) return undefined;
  return await change(client, now, '');
}

/** Gives it back. A label that is there is somebody's, and stays. */
export async function giveBack(
  client: Client,
  now: Container,
  before: string | undefined,
): Promise<string | undefined> {
  if (before === undefined || now.labels[restartLabel] !== undefined) return undefined;
  return await change(client, now, before);
}

/** An empty label is none. What counts is what the engine keeps afterwards. Resolves with why it is not so. */
async function change(client: Client, now: Container, value: string): Promise<string | undefined> {
  const { namespace, id } = now;
  await client.ask('update', namespace, {
    container: { id, labels: value === '' ? {} : { [restartLabel]: value } },
    updateMask: { paths: [`labels.${restartLabel}`] },
  });
  const { container } = await client.ask('container', namespace, { id });
  if (container === null) return `container ${runtimeIdOf(now)}: containerd does not tell its labels`;
  const after = container.labels[restartLabel] ?? '';
  return after === value
    ? undefined
    : `container ${runtimeIdOf(now)}: its label ${restartLabel} is "${after}" and should be "${value}": containerd does not change it`;
}
