/**
 * Checks jobs before anything is made of them: what there is against each task and against the graph come together here, so that every
 * fault of a file is shown at once. Reads the file and makes nothing.
 */

import { AirError } from "../../domain/errors.js";
import type { JobSpec } from "../../domain/job.js";
import type { TaskSpec } from "../../domain/task.js";
import { count } from "./describe.js";
import { demandFaults, poolsOf, timeoutFaults, type EnginePools } from "./demand-faults.js";
import { graphFaults } from "./graph-faults.js";
import { readJobData, readJobFile as readFile, type JobReading } from "./job-file.js";
import type { WrittenJobOptions } from "./job-options.js";
import type { TaskOptions } from "./task-options.js";
import { invalidJob, locateData, placeFaults, type PathFault } from "./places.js";
import type { ExpandWishes } from "./template/expand-job.js";
import type { ParamValue } from "./template/params.js";
import { plainTask, readTasks } from "./task-reader.js";
import { formatTimestamp } from "./timestamp.js";

/** A task as a job file holds it; seconds, and the names of the guide. */
export interface TaskInput extends TaskOptions {
  /** Default: `task-N`, N counted from 1. */
  readonly id?: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Ids of the tasks that must end first. */
  readonly dependencies?: readonly string[];
  /** One task for each combination of these values: `{"shard": "0..9"}`, with `{shard}` in its strings. */
  readonly matrix?: Readonly<Record<string, unknown>>;
}

/** What a job file holds: its tasks, or its tasks and what they have in common. */
export type JobInput =
  | readonly TaskInput[]
  | (WrittenJobOptions & {
      readonly name?: string;
      readonly tasks: readonly TaskInput[];
      readonly defaults?: TaskOptions;
      /** Values for `{name}` in every string, by name; null for one that must be given. */
      readonly params?: Readonly<Record<string, ParamValue | null>>;
    });

export interface CheckOptions extends ExpandWishes {
  /** The pools of the engine that will run it, those that are asked for. Default: not known, so only the job's own are looked at. */
  readonly pools?: (asked: ReadonlySet<string>, job: JobSpec) => Promise<EnginePools>;
  /** How long an attempt may run there, in milliseconds. Default: as long as it likes. */
  readonly longestMs?: (job: JobSpec) => number;
  /** True for tasks that join a job: what they depend on may be there. Default: false. */
  readonly isAddition?: boolean;
  /** Told what is no fault, but nobody can have meant: a sentence with its place. Default: nobody. */
  readonly onWarning?: (warning: string) => void;
}

/** @throws AirError `AIR_INVALID_JOB` with every fault. */
export async function checkJob(input: JobInput, options: CheckOptions = {}): Promise<JobSpec> {
  return complete("the job", await readJobData(input, { ...options, now: Date.now() }), options);
}

/**
 * Reads and checks a job file.
 *
 * @param path a JSON or YAML file, or `-` for standard input.
 * @throws AirError `AIR_INVALID_JOB` with every fault and its place, `AIR_NOT_FOUND`.
 */
export async function readJobFile(path: string, options: CheckOptions = {}): Promise<JobSpec> {
  return complete(path === "-" ? "stdin" : path, await readFile(path, { ...options, now: Date.now() }), options);
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
  const message = "a task of a map depends on nothing: leave out dependencies and trigger_rule";
  const all = isFree(spec) ? faults : [...faults, { path: ["tasks", 0], message }];
  if (all.length > 0) throw invalidMapTask(position, map, all);
  return spec;
}

/** The same for a task that is certainly right, at once and at a small part of the price; null for any other. */
export function plainMapTask(task: unknown, position: number): TaskSpec | null {
  const spec = plainTask(task, position, formatTimestamp(Date.now()));
  return spec !== null && isFree(spec) ? spec : null;
}

function isFree({ dependencies, triggerRule }: TaskSpec): boolean {
  return dependencies.length === 0 && triggerRule === "all_success";
}

/** The error for a task that was made for the input number `position` of a map, all faults in it. */
export function invalidMapTask(position: number, map: string, faults: readonly PathFault[]): AirError {
  const locate = locateData({});
  // There is no job that the user could look into, only this task.
  const placed = placeFaults(faults, (path) => (path.length > 2 ? locate(path.slice(2)) : "the task"));
  const message = `the task of input ${position} of map "${map}" is not valid: ${count(placed.length, "fault")}`;
  return new AirError("AIR_INVALID_JOB", message, { faults: placed });
}

async function complete(subject: string, reading: JobReading, options: CheckOptions): Promise<JobSpec> {
  const { isAddition = false, pools, longestMs = () => Infinity, onWarning } = options;
  const { job, faults, warnings, place, originOf, isWhole } = reading;
  const engine = (await pools?.(poolsOf(job.tasks), job)) ?? null;
  const ofWhole =
    isAddition || !isWhole
      ? []
      : [
          ...graphFaults(job.tasks, undefined, originOf),
          ...demandFaults(job.tasks, job.pools, engine),
          ...timeoutFaults(job.tasks, longestMs(job)),
        ];
  const all = [...faults, ...place(ofWhole)];
  if (all.length > 0) throw invalidJob(subject, all);
  for (const warning of warnings) onWarning?.(`${warning.place}: ${warning.message}`);
  return job;
}
