/** The runner of a cluster, with what it needs of this machine: Slurm's commands, and the native runners to bring to the nodes. */

import { AirError } from "../domain/errors.js";
import { linuxRunners } from "../workers/runner/runner-program.js";
import { Cluster } from "./cluster.js";
import { SlurmRunner, type SlurmRunnerOptions } from "./slurm-runner.js";

/** @throws AirError `AIR_SYSTEM` if no native runner was built. */
export function openSlurmRunner(options: Omit<SlurmRunnerOptions, "cluster" | "runners">): SlurmRunner {
  const runners = linuxRunners();
  if (runners.length === 0) {
    const message = "there is no native runner to bring to the nodes: install a C compiler here and build again.";
    throw new AirError("AIR_SYSTEM", message);
  }
  // Slots, and so tasks, find there what Slurm's commands do.
  const env = { ...process.env, AIR_EXECUTOR_DIR: options.directory };
  return new SlurmRunner({ ...options, runners, cluster: new Cluster(env, options.onNotice) });
}
