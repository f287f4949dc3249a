/** The public API: re-exports only. */

export { AirExecutor } from "./library/air-executor.js";
export type { ExecutorOptions, SubmitOptions } from "./engine/options.js";
export { machinePools } from "./engine/machine-pools.js";
export type { EnginePools } from "./store/text/demand-faults.js";
export { readJobFile, type CheckOptions, type JobInput, type TaskInput } from "./store/text/check-job.js";
export type { BenchJob, BenchOptions, BenchPoint, BenchProgress, BenchResult } from "./library/benches.js";
export type { MapHalt } from "./library/map/map-halt.js";
export type { MapInput, MapOptions, MapResult, MapSummary, MapTask, ToTask } from "./library/map/map-options.js";
export { AirError, type AirErrorCode, type Fault } from "./domain/errors.js";
export type * from "./domain/events.js";
export type * from "./domain/held-back.js";
export type * from "./domain/history.js";
export type * from "./domain/job.js";
export type * from "./domain/outcome.js";
export type { Resources } from "./domain/resources.js";
export type * from "./domain/task.js";
export { SLOT_MARK } from "./domain/task.js";
export { dropJob, type DropOptions } from "./library/drop-job.js";
export type { PrunedRun, PrunePolicy } from "./library/prune.js";
export type { Added } from "./engine/changes/ask-holder.js";
export { Job, type Retried, type RunningTask } from "./library/job.js";
export { baseOfDropped } from "./store/directory/job-directory.js";
export type { Report } from "./report/report.js";
export { readHistory, readHistoryIn } from "./store/history/read-history.js";
export { listJobs, listRuns, viewJob, viewJobs, viewPaths, type JobView } from "./store/view/job-view.js";
export type { TaskView } from "./store/view/task-view.js";
export { checkJobName } from "./store/names.js";
