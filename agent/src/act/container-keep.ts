// What makes a container unfit to be stopped, whatever its engine is: others whom it would harm or who would undo it, and what of it
// would be lost. Pure.

export interface KeepRules {
  /** `none`: an operator says that nothing on this host deletes stopped containers. */
  readonly pruner: 'none' | 'unknown';
  /** Folders in memory whose files may go with a stop. What is below one counts too. */
  readonly scratch: readonly string[];
}

/** Why it is not keepable: a code, and what is to follow its name. */
export type Unkept = readonly [code: string, message: string];

/** Who else runs containers by itself, by the labels that it puts on them: it would start them again, or delete them. */
const keepers: Readonly<Record<string, string>> = {
  'com.docker.swarm.task.id': 'Docker Swarm',
  'io.kubernetes.pod.uid': 'Kubernetes',
  'com.hashicorp.nomad.alloc_id': 'Nomad',
  'com.amazonaws.ecs.task-arn': 'Amazon ECS',
  PODMAN_SYSTEMD_UNIT: 'a systemd unit',
};

/** Others who stand in the way. @param entangledWith see `RuntimeObject`. */
export function unkeptForOthers(
  labels: Readonly<Record<string, string>>,
  entangledWith: readonly string[],
): Unkept | undefined {
  const [first] = entangledWith;
  if (first !== undefined)
    return [
      'entangled',
      `shares its network or another namespace with ${entangledWith.length} that would lose it, first servo ${first}`,
    ];
  const label = Object.keys(keepers).find((one) => Object.hasOwn(labels, one));
  return label === undefined
    ? undefined
    : ['managed', `is run by ${keepers[label]} (label ${label}), which would start or delete it`];
}

/** What a stop would lose, or whoever comes after it. @param memory folders whose files are in memory alone. */
export function unkeptForLoss(memory: readonly string[], rules: KeepRules): Unkept | undefined {
  const lost = memory.find((folder) => !rules.scratch.some((one) => isBelow(folder, one)));
  if (lost !== undefined)
    return [
      'tmpfs',
      `keeps ${lost} in memory alone, which a stop would lose; add it to runtime.scratch if nothing there matters`,
    ];
  return rules.pruner === 'none'
    ? undefined
    : [
        'pruner',
        'could be deleted once it is stopped: set runtime.pruner to none when nothing on this host prunes containers',
      ];
}

/** Whether a folder is another one or below it. */
export function isBelow(folder: string, above: string): boolean {
  return folder === above || folder.startsWith(above.endsWith('/') ? above : `${above}/`);
}
