// The options of what really runs: one table per runtime, and what they come to for its reader.
import {
  choice,
  duration,
  group,
  listOf,
  path,
  text,
  variant,
  type ValueOf,
} from '@servo-auditor/proto/options.ts';
import type { RuntimeOptions } from './scan/runtime/index.ts';

const second = 1000;
const minute = 60 * second;

const marker = group('variable in the environment of every servo of this installation on this host', {
  variable: text({ help: 'its name', example: 'SERVO_HOST' }),
  value: text({ help: 'its value, which names installation and host', example: 'main/host-1' }),
});

const stopGrace = duration({
  help: 'time between SIGTERM and SIGKILL',
  min: 100,
  max: 10 * minute,
  default: 10 * second,
});

/** Of engines that keep labels and environment of their containers. */
const containers = {
  marker: group('label of every servo of this installation on this host', {
    label: text({ help: 'its name', example: 'servo.host' }),
    value: text({ help: 'its value, which names installation and host', example: 'main/host-1' }),
  }),
  identity: variant(
    'from',
    {
      label: { label: text({ help: 'label with the servo’s uid', example: 'servo.uid' }) },
      environment: { variable: text({ help: 'variable with the servo’s uid', example: 'SERVO_UID' }) },
      name: {
        prefix: text({
          help: 'what its name begins with before the uid',
          optional: true,
          example: 'servo-',
        }),
      },
    },
    'where a container says which servo it is; the store must read its uid from somewhere else',
  ),
  pruner: choice(['none', 'unknown'], {
    help: 'none: nothing on this host deletes stopped containers (docker system prune, a timer); unknown: stop none',
    default: 'unknown',
  }),
  scratch: listOf(path({ help: 'folder', example: '/tmp' }), {
    help: 'folders in memory (tmpfs) whose files a stop may lose; a container with others is not stopped',
    max: 50,
  }),
  stopGrace,
  answer: duration({
    help: 'longest wait for one answer of the engine',
    min: second,
    max: minute,
    default: 5 * second,
  }),
  fullEvery: duration({
    help: 'how long reports rest on the engine’s events before everything is listed again',
    min: second,
    max: 10 * minute,
    default: minute,
  }),
};

const docker = {
  socket: path({
    help: 'the engine’s Unix socket; Podman: /run/podman/podman.sock',
    default: '/run/docker.sock',
  }),
  ...containers,
};

/** Namespaces whose containers another program runs, which would start them again or delete them. */
export const managedNamespaces: Readonly<Record<string, string>> = {
  moby: 'Docker runs the containers in it: use runtime docker',
  'k8s.io': 'Kubernetes runs the containers in it, and starts again what is stopped',
};

const containerd = {
  socket: path({ help: 'containerd’s Unix socket', default: '/run/containerd/containerd.sock' }),
  namespaces: listOf(
    text({
      help: 'name',
      example: 'default',
      pattern: {
        like: /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/,
        says: 'letters and digits, with single ".", "_" or "-" between them',
      },
      max: 76,
    }),
    { help: 'containerd’s namespaces that servos are in; never moby or k8s.io', min: 1, max: 20 },
  ),
  ...containers,
  hooks: listOf(text({ help: 'command', example: '/usr/local/bin/nerdctl' }), {
    help: 'commands of poststop hooks that delete nothing',
    max: 50,
  }),
};

export const runtime = variant(
  'kind',
  {
    process: {
      users: listOf(text({ help: 'name or number', example: 'servo' }), {
        help: 'Unix users whose processes may be servos',
        min: 1,
        max: 50,
      }),
      marker,
      commands: listOf(text({ help: 'beginning', example: '/usr/bin/node' }), {
        help: 'beginnings of arguments, one of which a servo’s process has; none: any command',
        max: 50,
      }),
      identity: variant(
        'from',
        {
          environment: { variable: text({ help: 'variable with the servo’s uid', example: 'SERVO_UID' }) },
          argument: { prefix: text({ help: 'argument that goes on with the uid', example: '--servo-uid=' }) },
        },
        'where a process says which servo it is; the store must read its uid from somewhere else',
      ),
      parents: listOf(text({ help: 'command', max: 15, example: 'launcher' }), {
        help: 'parents beside pid 1 that never start a child again, by the name in /proc/<pid>/comm',
        max: 50,
      }),
      stopGrace,
    },
    lxc: {
      lxcpath: path({
        help: 'directory with a directory for each guest, as in `lxc-config lxc.lxcpath`',
        example: '/var/lib/lxc',
      }),
      marker,
      identity: variant(
        'from',
        {
          environment: {
            variable: text({
              help: 'variable of lxc.environment with the servo’s uid',
              example: 'SERVO_UID',
            }),
          },
          hostname: {
            prefix: text({
              help: 'what lxc.uts.name begins with before the uid',
              optional: true,
              example: 'servo-',
            }),
          },
          name: {
            prefix: text({
              help: 'what its name begins with before the uid',
              optional: true,
              example: 'servo-',
            }),
          },
        },
        'where a guest says which servo it is; the store must read its uid from somewhere else',
      ),
      ignore: listOf(text({ help: 'name', example: 'lost+found' }), {
        help: 'directories in lxcpath that are no guests, and no problem',
        max: 50,
      }),
      hooks: listOf(text({ help: 'command', example: '/usr/share/lxcfs/lxc.reboot.hook' }), {
        help: 'commands of lxc.hook.stop and lxc.hook.post-stop that delete nothing',
        max: 50,
      }),
      stopGrace,
    },
    docker,
    containerd,
  },
  'what really runs',
);

/** The configured runtime. */
export type RuntimeConfig = ValueOf<typeof runtime>;

/** The one of an object's labels that the runtime reads the uid from, if it reads it from them at all. */
export function labelOf(runtime: RuntimeConfig): string | undefined {
  switch (runtime.kind) {
    case 'process':
    case 'lxc':
      return runtime.identity.from === 'environment' ? runtime.identity.variable : undefined;
    case 'docker':
    case 'containerd':
      return runtime.identity.from === 'label' ? runtime.identity.label : undefined;
  }
}

/** Its options, as its reader wants them. */
export function optionsOf(runtime: RuntimeConfig, probeSources: readonly string[]): RuntimeOptions {
  switch (runtime.kind) {
    case 'process': {
      const { users, marker, commands, identity } = runtime;
      return { runtime: 'process', options: { users, marker, commands, identity, probeSources } };
    }
    case 'docker': {
      const { socket, marker, identity, answer: answerMs, fullEvery: fullEveryMs } = runtime;
      return {
        runtime: 'docker',
        options: { socket, marker, identity, answerMs, fullEveryMs, probeSources },
      };
    }
    case 'containerd': {
      const { socket, namespaces, marker, identity, answer: answerMs, fullEvery: fullEveryMs } = runtime;
      return {
        runtime: 'containerd',
        options: { socket, namespaces, marker, identity, answerMs, fullEveryMs, probeSources },
      };
    }
    case 'lxc': {
      const { lxcpath, marker, identity, ignore } = runtime;
      return { runtime: 'lxc', options: { lxcpath, marker, identity, ignore, probeSources } };
    }
  }
}
