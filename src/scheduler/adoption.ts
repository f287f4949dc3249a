/**
 * What an earlier engine left in flight, made into attempts of this one. Called by the scheduler when it takes up a recovered
 * job.
 *
 * Adopted attempts get new keys, run on, and take no slot. The time that they ran while no engine was there counts.
 */

import type { InFlight as RecordedAttempt } from "../domain/job.js";
import type { Clock, OrphanedAttempt } from "../domain/ports.js";
import type { Attempt } from "./in-flight.js";
import type { JobRun } from "./job-run.js";

interface Adoption {
  readonly attempt: Attempt;
  readonly orphan: OrphanedAttempt;
  /** Monotonic milliseconds of its timeout, perhaps long ago; null if it has none, or is being stopped already. */
  readonly timeoutAt: number | null;
}

export function adopt(job: JobRun, recorded: RecordedAttempt, key: number, clock: Clock): Adoption {
  const { task: id, attempt: number, startedAt, claim, key: claimKey, isQueued, stopping } = recorded;
  const task = job.plan.indexOf(id);
  const spec = job.plan.taskAt(task);
  const { log, limitMs, graceMs } = job.ports.describe(spec, number, key, { slot: -1, claim });
  const elapsedMs = Math.max(0, clock.now() - startedAt);
  const hasTimeout = spec.timeoutMs !== null && stopping === null;
  return {
    attempt: {
      key,
      job,
      task,
      reason: stopping,
      isAdopted: true,
      wasStoppedBefore: stopping !== null,
      ticket: null,
      batch: null,
      isQueued: false,
      holding: null,
      gpus: [],
    },
    orphan: { key, claimKey, claim, job: job.name, task: id, attempt: number, startedAt, isQueued, log, limitMs, graceMs },
    timeoutAt: hasTimeout ? clock.monotonic() + spec.timeoutMs - elapsedMs : null,
  };
}
