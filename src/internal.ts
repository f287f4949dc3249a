/** What only the manager and the command line need, which watch directories and ask engines: no part of the public API. */

export { addition, tasksOfAddition } from "./engine/changes/add.js";
export { askToAdd, askToCancel, askToExplain, askToRetry, readTrouble } from "./engine/changes/ask-holder.js";
export { TAKING_UP } from "./domain/held-back.js";
export { prepareBase } from "./store/directory/base-directory.js";
export { removeJob } from "./library/remove-job.js";
export { bytesOf, textOf } from "./domain/byte-text.js";
export { AttemptsOnRecord, type AttemptOnRecord } from "./store/view/attempts-on-record.js";
export { forEachEnded } from "./store/view/ended-tasks.js";
export { logFileName } from "./store/names.js";
export { fingerprintOf, glanceAt, readJobTaken, type Glance } from "./store/view/job-glance.js";
export { benchDir, jobsDir, managerLock, managerLog, managerWaits } from "./store/layout.js";
export { rejectDropped } from "./store/directory/rejection.js";
export { withNumbers } from "./store/text/exact-numbers.js";
export { SETTLE_MS } from "./store/snapshot/state-guard.js";
export { runsOnCluster } from "./store/view/on-cluster.js";
export { slurmOptionsOf } from "./store/text/slurm-keys.js";
export { joinSlurmOptions, parseSlots, parseSlurmTime } from "./domain/slurm-options.js";
export { clusterLimits } from "./library/slurm-options.js";
