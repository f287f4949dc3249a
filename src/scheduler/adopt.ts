/**
 * What an earlier engine left in flight, made into attempts of this one. Pure: what became of them is
 * found out elsewhere.
 *
 * Adopted attempts get new keys, run on, and take no slot. Their time limits are kept by whoever runs them: clocks jump.
 */

import type { RecordedAttempt } from "../domain/job.js";
import { NO_SLOT, type OrphanedAttempt } from "../domain/ports.js";
import type { Attempt } from "./in-flight.js";
import type { JobRun } from "./job-run.js";

interface Adopted {
  readonly attempt: Attempt;
  readonly orphan: OrphanedAttempt;
}

export function adopt(job: JobRun, recorded: RecordedAttempt, key: number): Adopted {
  const { task: id, job: startedAs = job.name, attempt: number, claim, key: claimKey, isQueued, stopping } = recorded;
  const task = job.plan.indexOf(id);
  const spec = job.plan.taskAt(task);
  const { log, limitMs, graceMs } = job.ports.describe(spec, number, key, { slot: NO_SLOT, claim });
  return {
    attempt: {
      key,
      job,
      task,
      reason: stopping?.reason ?? null,
      isCancelled: stopping?.isCancelled === true,
      isAdopted: true,
      stoppedBeforeAt: stopping?.at ?? null,
      ticket: null,
      batch: null,
      line: null,
      handedAt: 0,
      isAhead: isQueued,
      isQueued: false,
      holding: null,
      gpus: [],
    },
    orphan: { key, claimKey, claim, job: startedAs, task: id, attempt: number, isQueued, log, limitMs, graceMs },
  };
}
