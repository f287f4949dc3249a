/** The public API: re-exports only. */

export { AirExecutor } from "./air-executor.js";
export type { ExecutorOptions, SubmitOptions } from "./executor-options.js";
export { readJobFile, type CheckOptions, type JobInput, type TaskInput } from "./check-job.js";
export type { MapInput, MapOptions, MapResult, MapTask, ToTask } from "./map-options.js";
export { AirError, type AirErrorCode, type Fault } from "./domain/errors.js";
export type * from "./domain/events.js";
export type * from "./domain/job.js";
export type * from "./domain/outcome.js";
export type * from "./domain/task.js";
export { dropJob, type DropOptions } from "./drop-job.js";
export type { PrunedRun, PrunePolicy } from "./prune.js";
export { Job, type Added, type Retried } from "./job.js";
export { baseOfDropped } from "./store/job-directory.js";
export { listJobs, listRuns, viewJob, viewJobs, viewPaths, type JobView, type TaskView } from "./store/job-view.js";
export { checkJobName } from "./store/names.js";

/** For a manager: what an engine needs that watches a directory instead of being called. */
export { fingerprintOf, glanceAt, type Glance } from "./store/job-glance.js";
export { jobsDir, managerLock, managerLog } from "./store/layout.js";
export { takeLock, type Lock } from "./store/lock.js";
export { readHolder, type LockHolder } from "./store/lock-holder.js";
export { ensurePrivateDirectory } from "./store/private-directory.js";
export { rejectDropped } from "./store/rejection.js";
export { SETTLE_MS } from "./store/state-guard.js";
