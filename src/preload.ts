/**
 * Starts a thread for the jobs to come, and loads nothing else: for a command line that is about to load the rest. As
 * `AirExecutor.preload`.
 */

export { startThreadsAhead as preload } from "./workers/threads.js";
