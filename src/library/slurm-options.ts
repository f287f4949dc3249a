/**
 * What a caller says of the cluster on which an executor's tasks are to run, with the defaults and the checks; and the runner made of it, which is
 * loaded only then.
 */

import type { TaskRunner } from "../domain/ports.js";
import { demand, demandKnown, isDuration, type CompleteOptions, type ExecutorOptions } from "../engine/options.js";

export interface SlurmOptions {
  /** How many slots, that is tasks at once: at least `min` while the job runs, at most `max`. Default: 1 to 64. */
  readonly slots?: { readonly min: number; readonly max: number };
  /** As sbatch has it, likewise the next three. Default: the cluster's. */
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  readonly time?: string;
  /** Further arguments of sbatch. Default: none. */
  readonly sbatchArgs?: readonly string[];
  /** A slot that can't reach its files for so long ends all that it runs, in milliseconds. Default: 300,000; at least 1,000. */
  readonly leaseMs?: number;
}

const KNOWN: readonly (keyof SlurmOptions)[] = ["slots", "partition", "account", "qos", "time", "sbatchArgs", "leaseMs"];
const DEFAULT_SLOTS = { min: 1, max: 64 };
const MOST_SLOTS = 10_000;
/** @returns what an executor has whose tasks run on a cluster: of memory and GPUs plenty, since a cluster refuses by itself what no node has. */
export function clusterLimits(slurm: SlurmOptions): Pick<Required<ExecutorOptions>, "concurrency" | "memory" | "gpus"> {
  return { concurrency: complete(slurm).slots.max, memory: "900TiB", gpus: 1024 };
}

/** @param dir absolute path of the directory of jobs. @throws AirError `AIR_SYSTEM` if no runner for the nodes was built. */
export async function openSlurm(dir: string, slurm: SlurmOptions, { graceMs, onWarning }: CompleteOptions): Promise<TaskRunner> {
  const { slots, leaseMs, ...wishes } = complete(slurm);
  const { openSlurmRunner } = await import("../slurm/open-slurm-runner.js");
  return openSlurmRunner({ directory: dir, slots, wishes, leaseMs, graceMs, runnerOptions: [], onNotice: onWarning });
}

function complete(options: SlurmOptions): {
  readonly slots: { readonly min: number; readonly max: number };
  readonly partition: string | null;
  readonly account: string | null;
  readonly qos: string | null;
  readonly time: string | null;
  readonly sbatchArgs: readonly string[];
  readonly leaseMs: number;
} {
  demandKnown(options, KNOWN);
  const { slots = DEFAULT_SLOTS, leaseMs = 300_000, sbatchArgs = [] } = options;
  const { partition = null, account = null, qos = null, time = null } = options;
  const isCount = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MOST_SLOTS;
  demand(
    isCount(slots.min) && isCount(slots.max) && slots.max >= Math.max(1, slots.min),
    "slurm.slots",
    `least and most, whole numbers up to ${MOST_SLOTS} such as {"min": 1, "max": 64}`,
    slots,
  );
  demand(isDuration(leaseMs) && leaseMs >= 1_000, "slurm.leaseMs", "milliseconds of at least 1000", leaseMs);
  for (const [name, value] of Object.entries({ partition, account, qos, time }))
    demand(
      value === null || (typeof value === "string" && /^[^\0-\x1f]+$/.test(value)),
      `slurm.${name}`,
      "a word as sbatch has it",
      value,
    );
  demand(
    Array.isArray(sbatchArgs) && sbatchArgs.every((each) => typeof each === "string"),
    "slurm.sbatchArgs",
    "a list of arguments",
    sbatchArgs,
  );
  return { slots, partition, account, qos, time, sbatchArgs, leaseMs };
}
