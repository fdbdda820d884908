// The restart policy of a container: taken away for a quarantine, given back afterwards, and looked at each time, since an
// engine may accept a change and not make it.
//
// Podman changes no policy before its version 5. There a container that was stopped through the engine stays stopped under
// `on-failure` and `unless-stopped`, also after a boot; under `always` its boot unit starts it again, so it is not keepable.
import { readInspected, type Inspected, type Policy } from '../../scan/runtime/docker/answers.ts';
import { EngineError, type Client } from '../../scan/runtime/docker/client.ts';

/** Statuses of an engine that has no such call. */
const noSuchCall = [404, 405, 501];

/** The container, or undefined where the engine says that there is none. Rejects with `EngineError` otherwise. */
export async function inspect(client: Client, id: string): Promise<Inspected | undefined> {
  const { status, value } = await client.ask('GET', `/containers/${id}/json`, { also: [404] });
  return status === 404 ? undefined : readInspected(value);
}

/** Whether what is stopped under its policy stays so, as far as the engine lets it be changed. */
export async function canBeKept(client: Client, { id, policy }: Inspected): Promise<boolean> {
  if (policy.name !== 'always') return true;
  // To the policy that it has: changes nothing, and shows whether the engine would.
  return (await change(client, id, policy)) === 'changed';
}

/** Takes the policy away. Resolves with why it could not, or undefined. */
export async function takeAway(client: Client, id: string): Promise<string | undefined> {
  return await says(async () => {
    const now = await inspect(client, id);
    if (now === undefined || now.policy.name === 'no') return undefined;
    const changed = await change(client, id, { name: 'no', retries: 0 });
    if (changed === 'no-such-call' && now.policy.name !== 'always') return undefined;
    const after = (await inspect(client, id))?.policy.name ?? 'no';
    return after === 'no' ? undefined : `its restart policy is still ${after}: the engine does not change it`;
  });
}

/** Gives it back to a container that runs. Another policy than `no` is somebody's, and stays. */
export async function giveBack(client: Client, id: string, before: Policy): Promise<string | undefined> {
  return await says(async () => {
    const now = await inspect(client, id);
    if (now === undefined || !now.running || now.policy.name !== 'no' || before.name === 'no')
      return undefined;
    await change(client, id, before);
    const after = (await inspect(client, id))?.policy.name;
    return after === undefined || after === before.name
      ? undefined
      : `its restart policy is ${after}, and was ${before.name}: the engine does not change it back`;
  });
}

async function change(client: Client, id: string, policy: Policy): Promise<'changed' | 'no-such-call'> {
  const { status } = await client.ask('POST', `/containers/${id}/update`, {
    body: { RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.retries } },
    also: noSuchCall,
  });
  return noSuchCall.includes(status) ? 'no-such-call' : 'changed';
}

async function says(work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError || error instanceof Error)
      return `its restart policy cannot be seen to: ${error.message}`;
    throw error;
  }
}
