/**
 * Checks jobs before anything is made of them: what there is against each task and against the graph come together here, so that every
 * fault of a file is shown at once. Reads the file and makes nothing.
 */

import type { JobSpec } from "../../domain/job.js";
import type { TaskSpec } from "../../domain/task.js";
import { demandFaults, poolsOf, type EnginePools } from "./demand-faults.js";
import { graphFaults } from "./graph-faults.js";
import { readJobData, readJobFile as readFile, type JobReading } from "./job-file.js";
import type { WrittenJobOptions } from "./job-options.js";
import type { TaskOptions } from "./task-options.js";
import { invalidJob, locateData, placeFaults } from "./places.js";
import { readTasks } from "./task-reader.js";
import { formatTimestamp } from "./timestamp.js";

/** A task as a job file holds it; seconds, and the names of the guide. */
export interface TaskInput extends TaskOptions {
  /** Default: `task-N`, N counted from 1. */
  readonly id?: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Ids of the tasks that must end first. */
  readonly dependencies?: readonly string[];
}

/** What a job file holds: its tasks, or its tasks and what they have in common. */
export type JobInput =
  | readonly TaskInput[]
  | (WrittenJobOptions & {
      readonly name?: string;
      readonly tasks: readonly TaskInput[];
      readonly defaults?: TaskOptions;
    });

export interface CheckOptions {
  /** The pools of the engine that will run it, those that are asked for. Default: not known, so only the job's own are looked at. */
  readonly pools?: (asked: ReadonlySet<string>) => Promise<EnginePools>;
  /** True for tasks that join a job: what they depend on may be there. Default: false. */
  readonly isAddition?: boolean;
}

/** @throws AirError `AIR_INVALID_JOB` with every fault. */
export async function checkJob(input: JobInput, options: CheckOptions = {}): Promise<JobSpec> {
  return complete("the job", await readJobData(input, Date.now()), options);
}

/**
 * Reads and checks a job file.
 *
 * @param path a JSON or YAML file, or `-` for standard input.
 * @throws AirError `AIR_INVALID_JOB` with every fault and its place, `AIR_NOT_FOUND`.
 */
export async function readJobFile(path: string, options: CheckOptions = {}): Promise<JobSpec> {
  return complete(path === "-" ? "stdin" : path, await readFile(path), options);
}

/**
 * A task that was made for the input number `position` of a map.
 *
 * @throws AirError `AIR_INVALID_JOB` with every fault.
 */
export async function checkMapTask(task: unknown, position: number, map: string): Promise<TaskSpec> {
  const createdAt = formatTimestamp(Date.now());
  const { tasks, faults } = await readTasks([task], { createdAt, isTasksJson: false, firstPosition: position });
  const spec = tasks[0]!;
  const isFree = spec.dependencies.length === 0 && spec.triggerRule === "all_success";
  const message = "a task of a map depends on nothing: leave out dependencies and trigger_rule";
  const all = isFree ? faults : [...faults, { path: ["tasks", 0], message }];
  if (all.length > 0) throw invalidJob(`the task of input ${position} of map "${map}"`, placeFaults(all, locateData([task])));
  return spec;
}

async function complete(subject: string, reading: JobReading, { isAddition = false, pools }: CheckOptions): Promise<JobSpec> {
  const { job, faults, locate } = reading;
  const engine = (await pools?.(poolsOf(job.tasks))) ?? null;
  const ofWhole = isAddition ? [] : [...graphFaults(job.tasks), ...demandFaults(job.tasks, job.pools, engine)];
  const all = [...faults, ...placeFaults(ofWhole, locate)];
  if (all.length > 0) throw invalidJob(subject, all);
  return job;
}
