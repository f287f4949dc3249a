/**
 * How much an engine has for all its jobs together: the tasks at once, the memory that was free when it was made, the GPUs of the machine,
 * and the pools that its user declared. It plans with these figures; nobody measures what tasks really take.
 */

import type { Resources } from "../domain/resources.js";
import type { EnginePools } from "../store/text/demand-faults.js";
import { findGpus, usableGpus } from "../system/gpus.js";
import { completeOptions, type CompleteOptions, type ExecutorOptions } from "./options.js";

type PoolOptions = Pick<CompleteOptions, "concurrency" | "memory" | "gpus" | "pools">;

export class MachinePools {
  /** Of which it is known at once how much there is: all but the GPUs. */
  readonly known: Resources;
  readonly #gpus: number | null;

  constructor({ concurrency, memory, gpus, pools }: PoolOptions) {
    this.known = { ...pools, cpu: concurrency, memory: memory ?? process.availableMemory() };
    this.#gpus = gpus;
  }

  /** The numbers of the GPUs that it may use. */
  async gpus(): Promise<readonly number[]> {
    return usableGpus(this.#gpus === null ? await findGpus() : Array.from({ length: this.#gpus }, (_, gpu) => gpu));
  }

  /** How much there is; the GPUs are only looked for if they are among the pools that are asked for. */
  async sizes(asked: ReadonlySet<string>): Promise<EnginePools> {
    const sizes = new Map(Object.entries(this.known));
    if (asked.has("gpu")) sizes.set("gpu", (await this.gpus()).length);
    return sizes;
  }
}

/** The pools of an executor with these options, for whoever checks a job before there is one. */
export function machinePools(options: ExecutorOptions): (asked: ReadonlySet<string>) => Promise<EnginePools> {
  const pools = new MachinePools(completeOptions(options));
  return (asked) => pools.sizes(asked);
}
