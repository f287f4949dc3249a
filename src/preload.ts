/**
 * Starts a thread for the jobs to come, which takes it a tenth of a second, and loads nothing else: for the command line, which has yet to
 * load the engine and read its job.
 */

export { startThreadsAhead as preload } from "./workers/threads.js";
