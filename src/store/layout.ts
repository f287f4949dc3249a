/**
 * Where things are: every path below the directory (`.air-executor`) is made here and nowhere else.
 *
 * Pure. Names must have passed the guard in names.ts before they come here.
 */

import { join } from "node:path";

/** Version of the on-disk format; it stands in the first line of every journal. docs/format.md describes it. */
export const FORMAT_VERSION = 4;

export interface JobPaths {
  readonly dir: string;
  readonly state: string;
  /** A state.json that could not be read, kept for whoever wrote it. */
  readonly stateRejected: string;
  readonly tasks: string;
  /** A tasks.json that was replaced although something in it was not followed, kept likewise. */
  readonly tasksRejected: string;
  readonly logs: string;
  /** Pieces of standard input that tasks of a batch read. */
  readonly inputs: string;
  readonly journal: string;
  /** Bytes cut off a journal because they were no whole line: kept for whoever wants to look. */
  readonly journalTorn: string;
  readonly runs: string;
  readonly lock: string;
}

export const lanesDir = (base: string): string => join(base, "lanes");
/** Held by the manager that runs; says who it is. */
export const managerLock = (base: string): string => join(base, "manager.pid");
export const managerLog = (base: string): string => join(base, "manager.log");
/** What it waits for itself: jobs that it can't take up now. */
export const managerWaits = (base: string): string => join(base, "manager.waits");
/** Sockets at which engines listen. */
export const controlDir = (base: string): string => join(base, "control");
/** Jobs on their way out: moved here, then deleted. */
export const removedDir = (base: string): string => join(base, "removed");
/** What lies there for slots on a cluster. */
export const slurmDir = (base: string): string => join(base, "slurm");
/** A directory for each bench, with its runs and its result. */
export const benchDir = (base: string): string => join(base, "bench");
/** Held while the bench is made; `dir` is its own. */
export const benchLock = (dir: string): string => join(dir, "lock");
/** Locks of the GPUs: of the engine that may hand one out, and of the task that has it. */
export const devicesDir = (base: string): string => join(base, "devices");
export const gpuTurnLock = (base: string): string => join(devicesDir(base), "turn");
export const gpuLock = (base: string, gpu: number): string => join(devicesDir(base), `gpu-${gpu}`);
export const gpuTaskLock = (base: string, gpu: number): string => join(devicesDir(base), `gpu-${gpu}.task`);
export const jobsDir = (base: string): string => join(base, "jobs");

export function jobPaths(dir: string): JobPaths {
  return {
    dir,
    state: join(dir, "state.json"),
    stateRejected: join(dir, "state.json.rejected"),
    tasks: join(dir, "tasks.json"),
    tasksRejected: join(dir, "tasks.json.rejected"),
    logs: join(dir, "logs"),
    inputs: join(dir, "inputs"),
    journal: join(dir, "journal.ndjson"),
    journalTorn: join(dir, "journal.torn"),
    runs: join(dir, "runs"),
    lock: join(dir, "lock"),
  };
}
