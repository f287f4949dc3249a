/**
 * Every key that a task may have, on disk and in a job file, with the shape of its value: what a user gives, the options, and what became
 * of the task. The quick gate that most tasks pass stands here too; task-schema.ts makes of the same shapes what is wrong with the others.
 */

import type { TaskStatus } from "../../domain/task.js";
import { checkTaskId } from "../names.js";
import { isObject } from "./describe.js";
import { OPTION_SHAPES, type WrittenOptions } from "./task-options.js";
import * as checks from "./value-checks.js";
import { list, single, type Shape } from "./value-shape.js";

type Maybe<T> = T | null | undefined;

/** Of the last attempt. */
export interface DiskUsage {
  readonly user_ms: number;
  readonly system_ms: number;
  readonly max_rss_kb: number;
}

/** Of the last attempt, where it did not run on its engine's machine. */
export interface DiskRanOn {
  readonly node: string;
  readonly slurm_job?: Maybe<string>;
}

/** Processes of an attempt that are still there. */
export interface DiskLeftBehind {
  readonly attempt: number;
  readonly processes: number;
  readonly can_not_be_ended: boolean;
}

/** What became of a task: written by us, ignored in a job file. */
interface DiskRecord {
  readonly job_name?: Maybe<string>;
  readonly status?: Maybe<TaskStatus>;
  readonly created_at?: Maybe<string>;
  readonly started_at?: Maybe<string>;
  readonly completed_at?: Maybe<string>;
  readonly error?: Maybe<string>;
  readonly exit_code?: Maybe<number>;
  readonly signal?: Maybe<string>;
  readonly attempts?: Maybe<number>;
  readonly log?: Maybe<string>;
  readonly usage?: Maybe<DiskUsage>;
  readonly ran_on?: Maybe<DiskRanOn>;
  readonly left_behind?: Maybe<DiskLeftBehind>;
  /** Not of what became of it, but not a user's to write either. */
  readonly matrix_of?: Maybe<string>;
}

/** A task that has passed the gate or the schema. */
export interface DiskTask extends WrittenOptions, DiskRecord {
  readonly id?: Maybe<string>;
  readonly command: string;
  readonly args?: Maybe<readonly string[]>;
  readonly dependencies?: Maybe<readonly string[]>;
}

/** In the guide's order. */
const GIVEN_SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["id", single(checkTaskId)],
  ["command", single(checks.checkCommand)],
  ["args", list(checks.checkString, '["--shard", "1"]', { whole: checks.checkArguments })],
  ["dependencies", list(checks.checkString, '["prepare"]')],
  // Of a job file it is gone before this is asked.
  ["matrix", single(() => "expected no matrix here: only tasks of a job's list can have one")],
]);

/** What became of a task: written by us, ignored in a job file. */
export const RECORD_SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["job_name", single(checks.checkString)],
  ["status", single(checks.checkStatus)],
  ["created_at", single(checks.checkString)],
  ["started_at", single(checks.checkTime)],
  ["completed_at", single(checks.checkTime)],
  ["error", single(checks.checkString)],
  ["exit_code", single(checks.checkCounter)],
  ["signal", single(checks.checkString)],
  ["attempts", single(checks.checkCounter)],
  ["log", single(checks.checkString)],
  ["usage", single(checks.checkUsage)],
  ["ran_on", single(checks.checkRanOn)],
  ["left_behind", single(checks.checkLeftBehind)],
  ["matrix_of", single(checks.checkString)],
]);

/** What a user may write of a task. */
export const TASK_SHAPES: ReadonlyMap<string, Shape> = new Map([...GIVEN_SHAPES, ...OPTION_SHAPES]);

/** False for what stands in a task without meaning anything to us. */
export function isKnownKey(key: string): boolean {
  return rules.has(key);
}

/** True for an entry that is right, or that means nothing to us. */
export function isPlainEntry(key: string, value: unknown): boolean {
  return rules.get(key)?.isRight(value) ?? true;
}

interface Rule {
  readonly isRight: (value: unknown) => boolean;
  readonly isRecord: boolean;
}

const rules: ReadonlyMap<string, Rule> = new Map([...rulesOf(TASK_SHAPES, false), ...rulesOf(RECORD_SHAPES, true)]);

/**
 * True for a task that is certainly right. It gives no reasons: what it is unsure of is for the schema, and may be right. Asked of every
 * task, so written for speed.
 *
 * @param isTasksJson Look at what became of the task too.
 */
export function isPlainTask(value: unknown, isTasksJson: boolean): value is DiskTask {
  if (!isObject(value) || value["command"] === undefined) return false;
  for (const key in value) {
    const rule = rules.get(key);
    if (rule === undefined) return false;
    if (rule.isRecord && !isTasksJson) continue;
    const item = value[key];
    if (item === null || item === undefined ? key === "command" : !rule.isRight(item)) return false;
  }
  return true;
}

function rulesOf(shapes: ReadonlyMap<string, Shape>, isRecord: boolean): [string, Rule][] {
  return [...shapes].map(([key, { isRight }]) => [key, { isRight, isRecord }]);
}
