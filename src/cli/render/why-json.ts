/** What `why --json` prints, as docs/cli.md says: times in ISO 8601, lengths in milliseconds. */

import type { JobExplanation } from "../../analysis/why-job.js";
import type { Awaited, TaskExplanation, TaskHold } from "../../analysis/why-task.js";
import type { Hold, LiveState, RunHistory } from "../../index.js";
import type { Circumstances } from "./why-task-text.js";

export function whyJobData(history: RunHistory, why: JobExplanation, live: LiveState, { standstill }: Circumstances): object {
  const { job, damage } = history;
  return {
    job: job.name,
    id: job.id,
    state: job.state,
    error: job.error,
    is_taken_in: true,
    damage,
    standstill: standstill === "" ? null : standstill,
    took_ms: why.tookMs,
    paused_ms: why.pausedMs,
    critical_path: why.path.map(({ id, readyAt, startedAt, endedAt, waitMs, delayMs, runMs, attempts }) => ({
      task: id,
      ready_at: time(readyAt),
      started_at: time(startedAt),
      completed_at: time(endedAt),
      wait_ms: waitMs,
      delay_ms: delayMs,
      run_ms: runMs,
      attempts,
    })),
    held_back: why.holds.map(({ pool, isOwn, size, ms }) => ({ pool, is_own: isOwn, size, ms })),
    holds: live.holds.map(holdData),
    running: why.running.map(({ task, since }) => ({ task, since: time(since) })),
    ready: why.ready.map(({ task, since }) => ({ task, since: time(since) })),
    ready_count: why.readyCount,
    delayed: why.delayed.map(({ task, until, error }) => ({ task, until: time(until), error })),
    waiting_count: why.waitingCount,
    first_failure:
      why.firstFailure === null
        ? null
        : {
            task: why.firstFailure.task,
            error: why.firstFailure.error,
            at: time(why.firstFailure.at),
            attempts: why.firstFailure.attempts,
          },
    used_more_memory: why.excesses.map(({ task, usedBytes, takesBytes }) => ({
      task,
      used_bytes: usedBytes,
      takes_bytes: takesBytes,
    })),
  };
}

export function whyTaskData(why: TaskExplanation, { job, standstill }: Circumstances): object {
  return {
    job,
    task: why.task,
    command: why.command,
    args: why.args,
    status: why.status,
    error: why.error,
    is_taken_in: true,
    standstill: standstill === "" ? null : standstill,
    pending_since: time(why.pendingSince),
    completed_at: time(why.endedAt),
    waited_for: why.waitedFor === null ? null : awaitedData(why.waitedFor),
    waits_for: why.waitsFor.map(awaitedData),
    hangs_on: why.hangsOn === null ? null : awaitedData(why.hangsOn),
    ready_at: time(why.readyAt),
    culprit: why.culprit === null ? null : awaitedData(why.culprit),
    held_back: why.holds.map(pastData),
    left_behind:
      why.left === null ? null : { attempt: why.left.attempt, processes: why.left.processes, can_not_be_ended: why.left.isStuck },
    attempts: why.attempts.map((attempt) => ({
      attempt: attempt.attempt,
      ready_at: time(attempt.readyAt),
      started_at: time(attempt.startedAt),
      completed_at: time(attempt.endedAt),
      wait_ms: attempt.waitMs,
      run_ms: attempt.runMs,
      outcome: attempt.outcome,
      status: attempt.status,
      error: attempt.error,
      takes: attempt.takes,
      usage:
        attempt.usage === null
          ? null
          : { user_ms: attempt.usage.userMs, system_ms: attempt.usage.systemMs, max_rss_kb: attempt.usage.maxRssKb },
      excess_bytes: attempt.excessBytes,
      ran_on: attempt.ranOn === null ? null : { node: attempt.ranOn.node, slurm_job: attempt.ranOn.slurmJob },
    })),
  };
}

function holdData({ pool, isOwn, size, free, amount, task, since, holders }: Hold): object {
  return { pool, is_own: isOwn, size, free, task, takes: amount, since: time(since), holders };
}

function pastData({ pool, isOwn, size, since, until, holders }: TaskHold): object {
  return { pool, is_own: isOwn, size, since: time(since), until: time(until), holders };
}

function awaitedData({ task, status, until, error }: Awaited): object {
  return { task, status, completed_at: time(until), error };
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
