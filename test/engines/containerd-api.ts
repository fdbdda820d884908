// What a platform says to containerd: a client of its own for tests, which shares nothing with the one of the agent.
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const text = `
syntax = "proto3";
message Empty {}
message Any { string type_url = 1; bytes value = 2; }
message Time { int64 seconds = 1; int32 nanos = 2; }
message Mask { repeated string paths = 1; }
message Mount { string type = 1; string source = 2; string target = 3; repeated string options = 4; }
message Runtime { string name = 1; Any options = 2; }
message Container {
  string id = 1; map<string, string> labels = 2; string image = 3; Runtime runtime = 4; Any spec = 5;
  string snapshotter = 6; string snapshot_key = 7; Time created_at = 8; Time updated_at = 9;
}
message ById { string id = 1; }
message ContainerIs { Container container = 1; }
message UpdateContainer { Container container = 1; Mask update_mask = 2; }
message Snapshot { string snapshotter = 1; string key = 2; string parent = 3; }
message Mounts { repeated Mount mounts = 1; }
message Process { string id = 2; uint32 pid = 3; int32 status = 4; string stdin = 5; string stdout = 6; string stderr = 7; }
message ProcessIs { Process process = 1; }
message Task {
  string container_id = 1; repeated Mount rootfs = 3; string stdin = 4; string stdout = 5; string stderr = 6;
}
message Exec { string container_id = 1; string stdin = 2; string stdout = 3; string stderr = 4; bool terminal = 5; Any spec = 6; string exec_id = 7; }
message OfTask { string container_id = 1; string exec_id = 2; }
message Kill { string container_id = 1; string exec_id = 2; uint32 signal = 3; bool all = 4; }
`;

/** Call -> service, request, answer. */
const calls: Readonly<Record<string, readonly [string, string, string]>> = {
  'version Version': ['version.v1.Version/Version', 'Empty', 'Empty'],
  'container Create': ['containers.v1.Containers/Create', 'ContainerIs', 'ContainerIs'],
  'container Get': ['containers.v1.Containers/Get', 'ById', 'ContainerIs'],
  'container Update': ['containers.v1.Containers/Update', 'UpdateContainer', 'ContainerIs'],
  'container Delete': ['containers.v1.Containers/Delete', 'ById', 'Empty'],
  'snapshot Prepare': ['snapshots.v1.Snapshots/Prepare', 'Snapshot', 'Mounts'],
  'snapshot Mounts': ['snapshots.v1.Snapshots/Mounts', 'Snapshot', 'Mounts'],
  'snapshot Remove': ['snapshots.v1.Snapshots/Remove', 'Snapshot', 'Empty'],
  'task Create': ['tasks.v1.Tasks/Create', 'Task', 'OfTask'],
  'task Start': ['tasks.v1.Tasks/Start', 'OfTask', 'Empty'],
  'task Exec': ['tasks.v1.Tasks/Exec', 'Exec', 'Empty'],
  'task Get': ['tasks.v1.Tasks/Get', 'OfTask', 'ProcessIs'],
  'task Kill': ['tasks.v1.Tasks/Kill', 'Kill', 'Empty'],
  'task Pause': ['tasks.v1.Tasks/Pause', 'OfTask', 'Empty'],
  'task Resume': ['tasks.v1.Tasks/Resume', 'OfTask', 'Empty'],
  'task Delete': ['tasks.v1.Tasks/Delete', 'OfTask', 'Empty'],
};

const { root } = protobuf.parse(text, new protobuf.Root());

export const specType = 'types.containerd.io/opencontainers/runtime-spec/1/Spec';
export const processType = 'types.containerd.io/opencontainers/runtime-spec/1/Process';

/** Longest wait for an answer. */
const answerMs = 60_000;

export class Platform {
  readonly #socket: string;
  #client: Client | undefined;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Rejects with what the engine said. */
  async ask(call: string, namespace: string, request: object): Promise<Record<string, unknown>> {
    const known = calls[call];
    if (known === undefined) throw new Error(`no call ${call}`);
    const [path, takes, gives] = known.map((name) => (name.includes('/') ? name : root.lookupType(name))) as [
      string,
      protobuf.Type,
      protobuf.Type,
    ];
    this.#client ??= new Client(`unix:${this.#socket}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 100,
    });
    const client = this.#client;
    const metadata = new Metadata();
    metadata.set('containerd-namespace', namespace);
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        `/containerd.services.${path}`,
        (value: object) => Buffer.from(takes.encode(takes.fromObject(value)).finish()),
        (bytes: Buffer) => gives.toObject(gives.decode(bytes), { defaults: true, longs: String }),
        request,
        metadata,
        { deadline: new Date(Date.now() + answerMs) },
        (error: ServiceError | null, answer?: Record<string, unknown>) =>
          error === null ? resolve(answer ?? {}) : reject(error),
      );
    });
  }

  /** Like `ask`; what is not there is no error. */
  async find(call: string, namespace: string, request: object): Promise<Record<string, unknown> | undefined> {
    try {
      return await this.ask(call, namespace, request);
    } catch (error) {
      if ((error as Partial<ServiceError>).code === status.NOT_FOUND) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
