// Who else runs containers by itself, by the labels that it puts on them: it would start them again, or delete them.
const keepers: Readonly<Record<string, string>> = {
  'com.docker.swarm.task.id': 'Docker Swarm',
  'io.kubernetes.pod.uid': 'Kubernetes',
  'com.hashicorp.nomad.alloc_id': 'Nomad',
  'com.amazonaws.ecs.task-arn': 'Amazon ECS',
  PODMAN_SYSTEMD_UNIT: 'a systemd unit',
};

/** The label that tells of a keeper, and who that is. */
export function keeperOf(
  labels: Readonly<Record<string, string>>,
): { readonly label: string; readonly keeper: string } | undefined {
  const found = Object.entries(keepers).find(([label]) => Object.hasOwn(labels, label));
  return found === undefined ? undefined : { label: found[0], keeper: found[1] };
}

/** Whether a folder is another one or below it. */
export function isBelow(folder: string, above: string): boolean {
  return folder === above || folder.startsWith(above.endsWith('/') ? above : `${above}/`);
}
