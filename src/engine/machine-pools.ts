/**
 * How much an engine has for all its jobs together: the tasks at once, the memory that was free when it was made, the GPUs of the machine,
 * and the pools that its user declared. It plans with these figures; nobody measures what tasks really take.
 */

import type { Resources } from "../domain/resources.js";
import { AirError } from "../domain/errors.js";
import { isFinal, type TaskSpec } from "../domain/task.js";
import type { OpenedJob } from "../store/directory/opened-job.js";
import type { Picture } from "../store/picture/picture.js";
import { demandFaults, poolsOf, timeoutFaults, type EnginePools, type FitCheck } from "../store/text/demand-faults.js";
import { findGpus, usableGpus } from "../system/process/gpus.js";
import { completeOptions, type CompleteOptions, type ExecutorOptions } from "./options.js";

type PoolOptions = Pick<CompleteOptions, "cpus" | "longestMs" | "isPoolElsewhere" | "memory" | "gpus" | "pools">;

export class MachinePools {
  /** Of which it is known at once how much there is: all but the GPUs. */
  readonly known: Resources;
  readonly #gpus: number | null;
  readonly #longestMs: number;
  readonly #isElsewhere: (pool: string) => boolean;

  readonly #onGpus: (numbers: readonly number[]) => void;

  /** @param onGpus told which GPUs there are before a task that takes one is found to fit. Default: nobody. */
  constructor(
    { cpus, longestMs, isPoolElsewhere, memory, gpus, pools }: PoolOptions,
    onGpus: (numbers: readonly number[]) => void = () => {},
  ) {
    this.#onGpus = onGpus;
    this.known = { ...pools, cpu: cpus, memory: memory ?? process.availableMemory() };
    this.#gpus = gpus;
    this.#longestMs = longestMs;
    this.#isElsewhere = isPoolElsewhere;
  }

  /** Whether tasks can ever run here. */
  readonly fit: FitCheck = async (tasks, own) => {
    const asked = poolsOf(tasks);
    const sizes = await this.sizes(asked);
    if (asked.has("gpu")) this.#onGpus(await this.#findGpus());
    return [...demandFaults(tasks, own, sizes), ...timeoutFaults(tasks, this.#longestMs)];
  };

  /** The numbers of the GPUs that it may use. */
  async #findGpus(): Promise<readonly number[]> {
    return usableGpus(this.#gpus === null ? await findGpus() : Array.from({ length: this.#gpus }, (_, gpu) => gpu));
  }

  /** How much there is; the GPUs are only looked for if they are among the pools that are asked for. */
  async sizes(asked: ReadonlySet<string>): Promise<EnginePools> {
    const sizes = new Map(Object.entries(this.known));
    for (const pool of asked) if (!sizes.has(pool) && this.#isElsewhere(pool)) sizes.set(pool, Infinity);
    if (asked.has("gpu")) sizes.set("gpu", (await this.#findGpus()).length);
    return sizes;
  }
}

/** The pools of an executor with these options, for whoever checks a job before there is one. */
export function machinePools(options: ExecutorOptions): (asked: ReadonlySet<string>) => Promise<EnginePools> {
  const pools = new MachinePools(completeOptions(options));
  return (asked) => pools.sizes(asked);
}

/**
 * A job on record may have been taken in by an engine that had more.
 *
 * @throws AirError `AIR_USAGE`
 */
export async function requireFit({ picture, isSuperseded }: OpenedJob, fit: FitCheck): Promise<void> {
  if (isSuperseded || picture.isCancelling || picture.isOver) return;
  const { tasks, records } = picture;
  await requireTasksFit(
    picture,
    tasks.filter((_, index) => !isFinal(records[index]!.status)),
    fit,
  );
}

/** The same for those of its tasks that are to run. */
export async function requireTasksFit({ name, settings }: Picture, tasks: readonly TaskSpec[], fit: FitCheck): Promise<void> {
  const [fault] = await fit(tasks, settings.pools);
  if (fault === undefined) return;
  throw new AirError("AIR_USAGE", `job "${name}" can't go on here: of one of its tasks, ${fault.message}.`);
}
