/** What an engine needs that watches a directory instead of being called. For the manager and the command line: no part of the public API. */

export { fingerprintOf, glanceAt, type Glance } from "./store/view/job-glance.js";
export { jobsDir, managerLock, managerLog } from "./store/layout.js";
export { rejectDropped } from "./store/directory/rejection.js";
export { SETTLE_MS } from "./store/snapshot/state-guard.js";
