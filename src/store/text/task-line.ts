/**
 * Writes a task: as its line of tasks.json, and in the compact form in which the journal keeps what was asked for.
 *
 * A line of tasks.json has the guide's keys first, in the guide's order, then ours, then the options that differ from their
 * default, then the keys that we don't know.
 *
 * Both forms are put together from pieces of JSON: a large job writes each task several times, and a generic serialiser with an
 * object made for it takes five times as long.
 */

import type { Usage } from "../../domain/outcome.js";
import type { LeftBehind, RanOn, TaskRecord, TaskSpec } from "../../domain/task.js";
import { isEmpty } from "./describe.js";
import { withNumbers } from "./exact-numbers.js";
import { extraOf, toSpec, type SpecContext } from "./disk-task.js";
import type { DiskTask } from "./task-keys.js";
import { NO_OPTIONS, optionEntries } from "./task-options.js";
import { formatTimestamp } from "./timestamp.js";

/** Most tasks have these in common with the one before, and a call of `JSON.stringify` costs as much as the rest of a piece. */
const [jobText, commandText, createdText, itemText, matrixText] = [repeated(), repeated(), repeated(), repeated(), repeated()];

const IN_JOURNAL: SpecContext = { inherited: NO_OPTIONS, createdAt: "", isTasksJson: true };

/** A task's line from the opening brace to `"dependencies"`: with `createdEntry` the part that stays what it is. */
export function lineHead(spec: TaskSpec, jobName: string): string {
  const { id, command, args, dependencies } = spec;
  const named = `{"id":${text(id)},"job_name":${jobText(jobName)},"command":${commandText(command)}`;
  return `${named},"args":${list(args)},"dependencies":${list(dependencies)}`;
}

export function createdEntry(spec: TaskSpec): string {
  return `"created_at":${createdText(spec.createdAt)}`;
}

/**
 * A task's line of tasks.json, without a line break.
 *
 * @param log Path of its log file in the job's directory; null if it has none.
 */
export function taskLine(spec: TaskSpec, record: TaskRecord, jobName: string, log: string | null): string {
  const { status, startedAt, completedAt, error, exitCode, signal, attempts, usage, ranOn, left } = record;
  const times = `${createdEntry(spec)},"started_at":${time(startedAt)},"completed_at":${time(completedAt)}`;
  const end = `"error":${text(error)},"exit_code":${exitCode},"signal":${text(signal)},"attempts":${attempts}`;
  const rest = `${optionEntries(spec)}${matrixEntry(spec)}${entries(spec.extra)}`;
  return `${lineHead(spec, jobName)},"status":"${status}",${times},${end},"log":${text(log)},"usage":${usageText(usage)}${ranOnText(ranOn)}${leftText(left)}${rest}}`;
}

function usageText(usage: Usage | null): string {
  return usage === null ? "null" : `{"user_ms":${usage.userMs},"system_ms":${usage.systemMs},"max_rss_kb":${usage.maxRssKb}}`;
}

/** Most tasks run where their engine does, and don't say it. */
function ranOnText(ranOn: RanOn | null): string {
  return ranOn === null ? "" : `,"ran_on":{"node":${text(ranOn.node)},"slurm_job":${text(ranOn.slurmJob)}}`;
}

/** Most tasks leave nothing. */
function leftText(left: LeftBehind | null): string {
  if (left === null) return "";
  return `,"left_behind":{"attempt":${left.attempt},"processes":${left.processes},"can_not_be_ended":${left.isStuck}}`;
}

/** What was asked for as JSON, complete, without defaults: what the journal keeps. The keys are those of tasks.json. */
export function specText(spec: TaskSpec): string {
  const args = spec.args.length === 0 ? "" : `,"args":${list(spec.args)}`;
  const dependencies = spec.dependencies.length === 0 ? "" : `,"dependencies":${list(spec.dependencies)}`;
  const rest = `${optionEntries(spec)}${matrixEntry(spec)},${createdEntry(spec)}${entries(spec.extra)}`;
  return `{"id":${text(spec.id)},"command":${commandText(spec.command)}${args}${dependencies}${rest}}`;
}

/** The inverse of `specText`, parsed. Trusts its input: the journal's checksums vouch for it. */
export function specFromJson(json: DiskTask): TaskSpec {
  return toSpec(json, 0, IN_JOURNAL, extraOf(json));
}

function matrixEntry({ matrixOf }: TaskSpec): string {
  return matrixOf === null ? "" : `,"matrix_of":${matrixText(matrixOf)}`;
}

/** The entries of an object as they stand behind others: each with a comma in front. */
function entries(object: object): string {
  return isEmpty(object) ? "" : `,${withNumbers(JSON.stringify(object)).slice(1, -1)}`;
}

function list(strings: readonly string[]): string {
  if (strings.length === 0) return "[]";
  return strings.length === 1 ? `[${itemText(strings[0]!)}]` : JSON.stringify(strings);
}

/** The JSON of strings of which one often equals the one before. */
function repeated(): (value: string) => string {
  let latest = "";
  let json = `""`;
  return (value) => {
    if (value !== latest) {
      latest = value;
      json = JSON.stringify(value);
    }
    return json;
  };
}

function text(value: string | null): string {
  return value === null ? "null" : JSON.stringify(value);
}

function time(ms: number | null): string {
  return ms === null ? "null" : `"${formatTimestamp(ms)}"`;
}
