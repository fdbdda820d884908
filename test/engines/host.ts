// A host of the small platform whose servos a real engine runs: for whole stories with agent and coordinator as processes.
import { DemoHost, type HostSetting, type ServoSpec } from '../../scripts/demo/host.ts';
import type { RuntimeHand, StoreHand } from './ground.ts';

export interface EngineHostOptions {
  readonly store: StoreHand;
  readonly runtime: RuntimeHand;
  /** What the agent's configuration says of them. */
  readonly config: Readonly<Record<'store' | 'runtime', unknown>>;
  /** Whether what is in the slot runs, by the engine itself. */
  readonly runs: (slot: string) => Promise<boolean>;
  /** Servos that the engine is told to start again whenever they end. */
  readonly stubborn?: readonly string[];
}

export class EngineHost extends DemoHost {
  readonly #options: EngineHostOptions;

  constructor(setting: HostSetting, servos: readonly ServoSpec[], options: EngineHostOptions) {
    super(setting, servos);
    this.#options = options;
  }

  override async populate(): Promise<void> {
    const { store, runtime, stubborn = [] } = this.#options;
    for (const { uid } of this.servos) {
      store.put(uid);
      const kind = stubborn.includes(uid) ? 'stubborn' : 'plain';
      await runtime.run(uid, { uid, labels: store.labelsOf(uid), kind });
    }
  }

  override async answers(uid: string): Promise<boolean> {
    return await this.#options.runs(uid);
  }

  protected override generation(): Readonly<Record<'store' | 'runtime', unknown>> {
    return this.#options.config;
  }
}
