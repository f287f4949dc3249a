/**
 * The fast gate: recognises tasks that are certainly right.
 *
 * Called by task-reader.ts for every task, so it is written for speed. It only ever says "right" or "ask the schema": it gives no
 * reasons and errs to the careful side. What is quick to decide it decides itself; the rules are those of value-checks.ts.
 */

import { isObject } from "./describe.js";
import type { DiskTask } from "./disk-task.js";
import { isOurTimestamp } from "./timestamp.js";
import * as checks from "./value-checks.js";

/** In UTF-16 units, of which each takes at most three bytes: within 200 bytes, the kernel's 128 KiB, and its 6 MiB for all. */
const PLAIN_ID_LENGTH = 66;
const PLAIN_STRING_LENGTH = 10_000;
const PLAIN_ARGUMENTS = 100;

/** @param isTasksJson Look at what became of the task too. */
export function isPlainTask(value: unknown, isTasksJson: boolean): value is DiskTask {
  if (!isObject(value) || value["command"] === undefined) return false;
  for (const key in value) {
    if (!isPlainEntry(key, value[key], isTasksJson)) return false;
  }
  return true;
}

function isPlainEntry(key: string, value: unknown, isTasksJson: boolean): boolean {
  switch (key) {
    case "id":
      return isPlainString(value) && value !== "" && value.length <= PLAIN_ID_LENGTH && !value.includes("\n");
    case "command":
      return isPlainString(value) && value !== "";
    case "args":
      return Array.isArray(value) && value.length <= PLAIN_ARGUMENTS && value.every(isPlainString);
    case "dependencies":
      return Array.isArray(value) && value.every(isPlainString);
    case "job_name":
    case "created_at":
    case "error":
    case "signal":
    case "log":
      return !isTasksJson || value === null || isPlainString(value);
    case "status":
      return !isTasksJson || checks.checkStatus(value) === null;
    case "started_at":
    case "completed_at":
      return !isTasksJson || value === null || (typeof value === "string" && isOurTimestamp(value));
    case "exit_code":
    case "attempts":
      return !isTasksJson || value === null || checks.checkCounter(value) === null;
    case "env":
      return isObject(value) && Object.entries(value).every(([name, item]) => checks.checkVariable(name, item) === null);
    case "cwd":
    case "stdin":
      return isPlainString(value) && value !== "";
    case "timeout":
      return checks.checkTimeout(value) === null;
    case "retries":
      return checks.checkRetries(value) === null;
    case "retry_delay":
      return checks.checkDelay(value) === null;
    case "retry_backoff":
      return checks.checkBackoff(value) === null;
    case "retry_on":
      return Array.isArray(value) && value.every((item) => checks.checkRetryCondition(item) === null);
    case "trigger_rule":
      return checks.checkTriggerRule(value) === null;
    case "priority":
      return checks.checkPriority(value) === null;
    case "on_lost":
      return checks.checkOnLost(value) === null;
    default:
      return false;
  }
}

function isPlainString(value: unknown): value is string {
  return typeof value === "string" && value.length <= PLAIN_STRING_LENGTH && !/[\0\ud800-\udfff]/.test(value);
}
