// Calls of the AdminService, as the demo and the end-to-end tests make them: what `servoctl` does, without its screens.
import { makeGenericClientConstructor, Metadata, type Client, type ServiceError } from '@grpc/grpc-js';
import { adminService } from '@servo-auditor/proto/load.ts';
import { channelOptions, clientCredentials, readTls, type TlsFiles } from '@servo-auditor/proto/tls.ts';

/** Longest wait for an answer, in milliseconds. */
const answerMs = 10_000;

export class Admin {
  readonly #client: Client;

  constructor(address: string, tls: TlsFiles) {
    const Stub = makeGenericClientConstructor(adminService, 'AdminService');
    this.#client = new Stub(address, clientCredentials(readTls(tls)), channelOptions());
  }

  /** Calls `method` (as in admin.proto). Resolves with the reply as a plain object; absent fields are absent. */
  async call<Reply>(method: string, request: object): Promise<Reply> {
    const unary = (this.#client as unknown as Record<string, unknown>)[method];
    if (typeof unary !== 'function') throw new Error(`AdminService has no ${method}`);
    return await new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, reply: Reply): void => {
        if (error !== null) reject(new Error(`${method}: ${error.details}`, { cause: error }));
        else if (reply instanceof Error) reject(reply);
        else resolve(reply);
      };
      (unary as (request: object, metadata: Metadata, options: object, done: unknown) => void).call(
        this.#client,
        request,
        patient(),
        { deadline: Date.now() + answerMs },
        done,
      );
    });
  }

  /** Calls a method that answers with a stream. Resolves with everything that came once it has ended. */
  async stream<Item>(method: string, request: object): Promise<readonly Item[]> {
    const open = (this.#client as unknown as Record<string, unknown>)[method] as (
      request: object,
      metadata: Metadata,
      options: object,
    ) => AsyncIterable<Item>;
    const items: Item[] = [];
    const options = { deadline: Date.now() + answerMs };
    for await (const item of open.call(this.#client, request, patient(), options)) items.push(item);
    return items;
  }

  close(): void {
    this.#client.close();
  }
}

/** A coordinator that was just started anew is waited for, where the connection would make a pause between two attempts. */
function patient(): Metadata {
  return new Metadata({ waitForReady: true });
}
