// The part of containerd's gRPC API that this agent speaks: its messages, and each call with what it takes and gives.
//
// Packages, names and numbers are those of containerd's own files (api/services/{containers,tasks,snapshots,events,namespaces,version}/v1
// and api/types of its releases 1.6 to 2.x, which never give a number again). Fields that this agent does not read are left
// out; the engine's are skipped on the wire, and of its own nothing is lost, since a change names the one field it changes.
// The text is parsed when it is first needed: an agent of another runtime never does.
import protobuf from 'protobufjs';

const parts: readonly string[] = [
  `syntax = "proto3"; package google.protobuf;
  message Empty {}
  message Any { string type_url = 1; bytes value = 2; }
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message FieldMask { repeated string paths = 1; }`,

  `syntax = "proto3"; package containerd.types;
  message Mount { string type = 1; string source = 2; string target = 3; repeated string options = 4; }`,

  `syntax = "proto3"; package containerd.v1.types;
  message Process {
    string container_id = 1; string id = 2; uint32 pid = 3; uint32 status = 4;
    string stdin = 5; string stdout = 6; string stderr = 7; bool terminal = 8; uint32 exit_status = 9;
  }`,

  `syntax = "proto3"; package containerd.services.version.v1;
  message VersionResponse { string version = 1; string revision = 2; }`,

  `syntax = "proto3"; package containerd.services.namespaces.v1;
  message Namespace { string name = 1; }
  message ListNamespacesRequest { string filter = 1; }
  message ListNamespacesResponse { repeated Namespace namespaces = 1; }`,

  `syntax = "proto3"; package containerd.services.containers.v1;
  message Container {
    string id = 1; map<string, string> labels = 2;
    google.protobuf.Any spec = 5; string snapshotter = 6; string snapshot_key = 7;
    google.protobuf.Timestamp created_at = 8; google.protobuf.Timestamp updated_at = 9;
  }
  message GetContainerRequest { string id = 1; }
  message GetContainerResponse { Container container = 1; }
  message ListContainersRequest { repeated string filters = 1; }
  message ListContainerMessage { Container container = 1; }
  message UpdateContainerRequest { Container container = 1; google.protobuf.FieldMask update_mask = 2; }
  message UpdateContainerResponse { Container container = 1; }`,

  `syntax = "proto3"; package containerd.services.tasks.v1;
  message CreateTaskRequest {
    string container_id = 1; repeated containerd.types.Mount rootfs = 3;
    string stdin = 4; string stdout = 5; string stderr = 6; bool terminal = 7;
  }
  message CreateTaskResponse { string container_id = 1; uint32 pid = 2; }
  message StartRequest { string container_id = 1; string exec_id = 2; }
  message StartResponse { uint32 pid = 1; }
  message DeleteTaskRequest { string container_id = 1; }
  message DeleteResponse { string id = 1; uint32 pid = 2; uint32 exit_status = 3; }
  message GetRequest { string container_id = 1; string exec_id = 2; }
  message GetResponse { containerd.v1.types.Process process = 1; }
  message ListTasksRequest { string filter = 1; }
  message ListTasksResponse { repeated containerd.v1.types.Process tasks = 1; }
  message KillRequest { string container_id = 1; string exec_id = 2; uint32 signal = 3; bool all = 4; }`,

  `syntax = "proto3"; package containerd.services.snapshots.v1;
  message MountsRequest { string snapshotter = 1; string key = 2; }
  message MountsResponse { repeated containerd.types.Mount mounts = 1; }`,

  `syntax = "proto3"; package containerd.services.events.v1;
  message SubscribeRequest { repeated string filters = 1; }
  message Envelope {
    google.protobuf.Timestamp timestamp = 1; string namespace = 2; string topic = 3; google.protobuf.Any event = 4;
  }`,

  // The beginning that the events of tasks have in common, as far as they tell a servo's own process from others in it.
  `syntax = "proto3"; package containerd.events;
  message TaskExit { string container_id = 1; string id = 2; uint32 pid = 3; }`,
];

export interface Any {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A whole number of seconds, in digits, and the rest. */
export interface Timestamp {
  readonly seconds: string;
  readonly nanos: number;
}

export interface WireContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Any | null;
  readonly snapshotter: string;
  readonly snapshotKey: string;
  readonly createdAt: Timestamp | null;
  readonly updatedAt: Timestamp | null;
}

export interface Process {
  readonly id: string;
  readonly containerId: string;
  readonly pid: number;
  /** See `statuses`. */
  readonly status: number;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
  readonly exitStatus: number;
}

/** What a task does. `unknown` is also what the engine says of one that it cannot ask. */
export const statuses = ['unknown', 'created', 'running', 'stopped', 'paused', 'pausing'] as const;
export type Status = (typeof statuses)[number];

export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
}

interface OfTask {
  readonly containerId: string;
}

/** Each call: what it takes, and what it gives. */
export interface Calls {
  readonly version: readonly [Record<string, never>, { readonly version: string }];
  readonly namespaces: readonly [
    Record<string, never>,
    { readonly namespaces: readonly { readonly name: string }[] },
  ];
  readonly container: readonly [{ readonly id: string }, { readonly container: WireContainer | null }];
  readonly containers: readonly [
    { readonly filters: readonly string[] },
    { readonly container: WireContainer | null },
  ];
  readonly update: readonly [
    {
      readonly container: { readonly id: string; readonly labels: Readonly<Record<string, string>> };
      readonly updateMask: { readonly paths: readonly string[] };
    },
    { readonly container: WireContainer | null },
  ];
  readonly task: readonly [OfTask, { readonly process: Process | null }];
  readonly tasks: readonly [Record<string, never>, { readonly tasks: readonly Process[] }];
  readonly kill: readonly [
    OfTask & { readonly signal: number; readonly all: boolean },
    Record<string, never>,
  ];
  readonly deleteTask: readonly [OfTask, { readonly exitStatus: number }];
  readonly createTask: readonly [
    OfTask & {
      readonly rootfs: readonly Mount[];
      readonly stdin: string;
      readonly stdout: string;
      readonly stderr: string;
    },
    { readonly pid: number },
  ];
  readonly startTask: readonly [OfTask, { readonly pid: number }];
  readonly mounts: readonly [
    { readonly snapshotter: string; readonly key: string },
    { readonly mounts: readonly Mount[] },
  ];
  readonly events: readonly [
    { readonly filters: readonly string[] },
    { readonly namespace: string; readonly topic: string; readonly event: Any | null },
  ];
}
export type CallName = keyof Calls;

/** Service with the package that its messages are in, name of the call, request, answer. */
const table: Readonly<Record<CallName, readonly [string, string, string, string]>> = {
  version: ['version.v1.Version', 'Version', 'google.protobuf.Empty', 'VersionResponse'],
  namespaces: ['namespaces.v1.Namespaces', 'List', 'ListNamespacesRequest', 'ListNamespacesResponse'],
  container: ['containers.v1.Containers', 'Get', 'GetContainerRequest', 'GetContainerResponse'],
  containers: ['containers.v1.Containers', 'ListStream', 'ListContainersRequest', 'ListContainerMessage'],
  update: ['containers.v1.Containers', 'Update', 'UpdateContainerRequest', 'UpdateContainerResponse'],
  task: ['tasks.v1.Tasks', 'Get', 'GetRequest', 'GetResponse'],
  tasks: ['tasks.v1.Tasks', 'List', 'ListTasksRequest', 'ListTasksResponse'],
  kill: ['tasks.v1.Tasks', 'Kill', 'KillRequest', 'google.protobuf.Empty'],
  deleteTask: ['tasks.v1.Tasks', 'Delete', 'DeleteTaskRequest', 'DeleteResponse'],
  createTask: ['tasks.v1.Tasks', 'Create', 'CreateTaskRequest', 'CreateTaskResponse'],
  startTask: ['tasks.v1.Tasks', 'Start', 'StartRequest', 'StartResponse'],
  mounts: ['snapshots.v1.Snapshots', 'Mounts', 'MountsRequest', 'MountsResponse'],
  events: ['events.v1.Events', 'Subscribe', 'SubscribeRequest', 'Envelope'],
};

/** One call as gRPC wants it. */
export interface Method {
  readonly path: string;
  readonly serialise: (request: object) => Buffer;
  readonly deserialise: (bytes: Buffer) => unknown;
}

/** Absent is the default here, as proto3 means it: of a message, null. */
const shape: protobuf.IConversionOptions = {
  defaults: true,
  arrays: true,
  objects: true,
  longs: String,
};

let known: protobuf.Root | undefined;

function root(): protobuf.Root {
  if (known !== undefined) return known;
  const made = new protobuf.Root();
  for (const part of parts) protobuf.parse(part, made);
  made.resolveAll();
  known = made;
  return made;
}

export function methodOf(name: CallName): Method {
  const [service, call, request, answer] = table[name];
  const home = `containerd.services.${service.slice(0, service.lastIndexOf('.'))}`;
  const typeOf = (type: string) => root().lookupType(type.includes('.') ? type : `${home}.${type}`);
  const [takes, gives] = [typeOf(request), typeOf(answer)];
  return {
    path: `/containerd.services.${service}/${call}`,
    serialise: (value) => Buffer.from(takes.encode(takes.fromObject(value)).finish()),
    deserialise: (bytes) => gives.toObject(gives.decode(bytes), shape),
  };
}

/** Whose exit an event tells of. Throws for bytes that are none. */
export function readTaskExit(bytes: Uint8Array): { readonly containerId: string; readonly id: string } {
  const type = root().lookupType('containerd.events.TaskExit');
  return type.toObject(type.decode(bytes), shape) as { containerId: string; id: string };
}
