/**
 * What a caller says of the cluster on which an executor's tasks are to run, with the defaults and the checks; and the runner made of it, which is
 * loaded only then.
 */

import type { TaskRunner } from "../domain/ports.js";
import {
  CLUSTER_POOL,
  isSlotRange,
  MOST_SLOTS,
  parseSlurmTime,
  SHORTEST_LEASE_MS,
  type SlurmOptions,
} from "../domain/slurm-options.js";
import { claimsInUse } from "../store/view/claims-in-use.js";
import { demand, demandKnown, isDuration, type CompleteOptions, type ExecutorOptions } from "../engine/options.js";

const KNOWN: readonly (keyof SlurmOptions)[] = ["slots", "partition", "account", "qos", "time", "sbatchArgs", "leaseMs"];
const DEFAULT_SLOTS = { min: 1, max: 64 };
/** Of what the cluster has: it refuses by itself what no node has. */
const PLENTY = 1_000_000;

/** @returns what an executor has whose tasks run on a cluster: slots, and of all else plenty. */
export function clusterLimits(
  slurm: SlurmOptions,
): Pick<Required<ExecutorOptions>, "concurrency" | "cpus" | "memory" | "gpus" | "longestMs" | "isPoolElsewhere"> {
  const { slots, time } = complete(slurm);
  const longestMs = time === null ? Infinity : (parseSlurmTime(time) ?? Infinity);
  return {
    concurrency: slots.max,
    cpus: PLENTY,
    memory: "900TiB",
    gpus: 1024,
    longestMs,
    isPoolElsewhere: (pool) => CLUSTER_POOL.test(pool),
  };
}

/** @param dir absolute path of the directory of jobs. @throws AirError `AIR_SYSTEM` if no runner for the nodes was built. */
export async function openSlurm(dir: string, slurm: SlurmOptions, { graceMs, onWarning }: CompleteOptions): Promise<TaskRunner> {
  const { slots, leaseMs, ...wishes } = complete(slurm);
  const { openSlurmRunner } = await import("../slurm/open-slurm-runner.js");
  return openSlurmRunner({
    directory: dir,
    slots,
    wishes,
    leaseMs,
    graceMs,
    runnerOptions: [],
    onNotice: onWarning,
    findInUse: () => claimsInUse(dir),
  });
}

function complete(options: SlurmOptions): Required<Pick<SlurmOptions, "slots" | "sbatchArgs" | "leaseMs">> & {
  readonly [Word in "partition" | "account" | "qos" | "time"]: string | null;
} {
  demandKnown(options, KNOWN);
  const { slots = DEFAULT_SLOTS, leaseMs = 300_000, sbatchArgs = [] } = options;
  const { partition = null, account = null, qos = null, time = null } = options;
  demand(
    isSlotRange(slots),
    "slurm.slots",
    `least and most, whole numbers up to ${MOST_SLOTS} such as {"min": 1, "max": 64}`,
    slots,
  );
  demand(
    isDuration(leaseMs) && leaseMs >= SHORTEST_LEASE_MS,
    "slurm.leaseMs",
    `milliseconds of at least ${SHORTEST_LEASE_MS}`,
    leaseMs,
  );
  for (const [name, value] of Object.entries({ partition, account, qos }))
    demand(
      value === null || (typeof value === "string" && /^[^\0-\x1f]+$/.test(value)),
      `slurm.${name}`,
      "a word as sbatch has it",
      value,
    );
  demand(
    time === null || (typeof time === "string" && (parseSlurmTime(time) ?? 0) > 0),
    "slurm.time",
    'a time limit as sbatch takes it, such as "30" (minutes), "1:30:00" or "2-0"',
    time,
  );
  demand(
    Array.isArray(sbatchArgs) && sbatchArgs.every((each) => typeof each === "string"),
    "slurm.sbatchArgs",
    "a list of arguments",
    sbatchArgs,
  );
  return { slots, partition, account, qos, time, sbatchArgs, leaseMs };
}
