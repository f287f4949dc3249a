/**
 * Job files: what a user writes for `run`, `submit`, `validate` and the library, in JSON or YAML.
 *
 * Reads one into a `JobSpec` and says everything that is wrong with it at once, each fault with its place. What is wrong with the graph (unknown dependencies, cycles)
 * is the graph check's to say (check-job.ts), which has its faults placed here. Params and matrices are put in first (template/). Starts
 * nothing and writes nothing.
 */

import type { Fault } from "../../domain/errors.js";
import type { JobSpec } from "../../domain/job.js";
import { describe, isObject } from "./describe.js";
import { readJobBytes } from "./job-bytes.js";
import { toJobOptions, type WrittenJobOptions } from "./job-options.js";
import { checkJobName } from "../names.js";
import { asWritten, locateData, placeFaults, type Locate, type PathFault, type SourceOf } from "./places.js";
import { expandJob, type ExpandWishes } from "./template/expand-job.js";
import type { WrittenOptions } from "./task-options.js";
import { readTasks } from "./task-reader.js";
import { formatTimestamp } from "./timestamp.js";
import { parseText } from "./text-source.js";

export interface JobReading {
  /** Complete if there are no faults. Else what could be read. */
  readonly job: JobSpec;
  readonly faults: readonly Fault[];
  /** What is no fault, but nobody can have meant. */
  readonly warnings: readonly Fault[];
  /** Faults of `job` by paths such as `["tasks", 3, "dependencies", 0]`, at their places in the file. */
  readonly place: (faults: readonly PathFault[]) => readonly Fault[];
  /** Where a task of `job` stands in the file's list. */
  readonly originOf: (index: number) => number;
  /** False if the tasks could not be made of the file: then there is no graph to judge. */
  readonly isWhole: boolean;
}

export interface JobSource extends ExpandWishes {
  /** For places, and to tell JSON from YAML. */
  readonly fileName: string;
  /** Becomes the tasks' `createdAt`: milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Reads the text of a job file. Never throws for what is in it.
 *
 * @param input Text, or bytes that should be UTF-8.
 */
export async function readJob(input: string | Uint8Array, source: JobSource): Promise<JobReading> {
  const parsed = await parseText(input, source.fileName);
  if (parsed.fault === null) return readValue(parsed.value, source, parsed);
  return {
    job: toJob({}, []),
    faults: [parsed.fault],
    warnings: [],
    place: () => [],
    originOf: (index) => index,
    isWhole: false,
  };
}

/** Reads a job that is plain data already: the same rules; places are paths without lines. */
export async function readJobData(value: unknown, source: Omit<JobSource, "fileName">): Promise<JobReading> {
  return readValue(value, source, { locate: locateData(value), sourceOf: () => undefined });
}

/**
 * Reads a job file, or standard input for `-`.
 *
 * @throws AirError if it can't be read at all: `AIR_NOT_FOUND`, `AIR_INVALID_JOB` (a directory or pipe, too large),
 * `AIR_UNSAFE_PATH`.
 */
export async function readJobFile(path: string, source: Omit<JobSource, "fileName">): Promise<JobReading> {
  return readJob(await readJobBytes(path), { ...source, fileName: path === "-" ? "stdin" : path });
}

interface Places {
  readonly locate: Locate;
  readonly sourceOf: SourceOf;
}

async function readValue(value: unknown, source: Omit<JobSource, "fileName">, { locate, sourceOf }: Places): Promise<JobReading> {
  const written = Array.isArray(value) ? { tasks: value as unknown[] } : value;
  const expanded = expandJob(written, source, sourceOf);
  const { tasks, warnings } = expanded;
  const { inFile, originOf } = tasks;
  const file = isObject(written) ? { ...expanded.settings, ...("tasks" in written && { tasks: written["tasks"] }) } : written;
  const ofSettings = await settingsFaults(file);
  const settings = withoutFaulty(file, ofSettings);
  const context = { defaults: settings.defaults ?? {}, createdAt: formatTimestamp(source.now), isTasksJson: false };
  const read = await readTasks(tasks.values, context);
  const faults = [...ofSettings, ...expanded.faults, ...inFile(read.faults)];
  return {
    job: toJob(settings, read.tasks),
    faults: placeFaults(
      faults.map((fault) => asWritten(fault, sourceOf)),
      locate,
    ),
    warnings: placeFaults(warnings, locate),
    place: (more) => placeFaults(inFile(more), locate),
    originOf,
    isWhole: expanded.faults.length === 0,
  };
}

async function settingsFaults(file: unknown): Promise<PathFault[]> {
  if (!isObject(file)) {
    return [
      {
        path: [],
        message: `expected a list of tasks, or an object such as {"tasks": [{"command": "echo"}]}, got ${describe(file)}`,
      },
    ];
  }
  const isPlain = Object.entries(file).every(([key, value]) =>
    key === "tasks" ? Array.isArray(value) : key === "name" && checkJobName(value) === null,
  );
  // Most files have no settings: the schema, which is slow to load, is for the rest.
  return isPlain && "tasks" in file ? [] : (await import("./task-schema.js")).jobFaults(file);
}

/** Everything of a job file but its tasks. */
interface Settings extends WrittenJobOptions {
  readonly name?: string | null;
  readonly defaults?: WrittenOptions | null;
}

/** The settings without those that are wrong. */
function withoutFaulty(file: unknown, faults: readonly PathFault[]): Settings {
  const wrong = new Set(faults.map(({ path }) => path[0]));
  return isObject(file) ? Object.fromEntries(Object.entries(file).filter(([key]) => !wrong.has(key))) : {};
}

function toJob(settings: Settings, tasks: JobSpec["tasks"]): JobSpec {
  return { name: settings.name ?? null, tasks, ...toJobOptions(settings) };
}
