/** What the engine that this command runs has for its tasks, as the user said it: how many at once, and how much of which pools. */

import { availableParallelism } from "node:os";
import type { ExecutorOptions, SlurmOptions } from "../../index.js";
import { clusterLimits } from "../../internal.js";
import type { Settings } from "./settings.js";
import { slurmSettings } from "./slurm-settings.js";
import { UsageError } from "./usage-error.js";

export type EngineLimits = Pick<
  ExecutorOptions,
  "concurrency" | "cpus" | "memory" | "gpus" | "pools" | "longestMs" | "isPoolElsewhere"
>;

const SIZE = /^\d+(?:\.\d+)?(?:B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;
const POOL = /^([A-Za-z][A-Za-z0-9_.-]*)=(\d+(?:\.\d+)?)$/;

/** @param ofJob what the job asks for where it is run on a cluster. */
export function engineLimits(settings: Settings, ofJob: SlurmOptions = {}): EngineLimits {
  const memory = settings.text("memory");
  if (memory !== null && !SIZE.test(memory))
    throw new UsageError(`--memory is "${memory}": expected a size such as 12GiB or 500MB`);
  const gpus = settings.count("gpus", 0);
  const pools = readPools(settings.list("pool"));
  const slurm = slurmSettings(settings, ofJob);
  if (slurm !== undefined) return { ...clusterLimits(slurm), ...(Object.keys(pools).length > 0 && { pools }) };
  return {
    concurrency: settings.concurrency(availableParallelism()),
    ...(memory !== null && { memory }),
    ...(gpus !== null && { gpus }),
    ...(Object.keys(pools).length > 0 && { pools }),
  };
}

function readPools(given: readonly string[]): Record<string, number> {
  const pools: Record<string, number> = {};
  for (const text of given.flatMap((each) => each.split(","))) {
    const [, name, amount] = POOL.exec(text.trim()) ?? [];
    if (name === undefined) throw new UsageError(`--pool is "${text}": expected a name and how much there is, such as licence=3`);
    if (name in pools) throw new UsageError(`--pool says twice how much of ${name} there is`);
    if (name === "cpu" || name === "memory" || name === "gpu") {
      const option = { cpu: "--concurrency", memory: "--memory", gpu: "--gpus" }[name];
      throw new UsageError(`--pool can't say how much ${name} there is: ${option} does`);
    }
    pools[name] = Number(amount);
  }
  return pools;
}
