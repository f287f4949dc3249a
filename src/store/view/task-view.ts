/** The tasks of a tasks.json as a visitor sees them, whoever wrote them: what can't be meant is left out, and nothing is a fault. Pure. */

import type { TaskStatus } from "../../domain/task.js";
import { isObject, isTooDeep } from "../text/describe.js";
import { isPlainEntry, isPlainTask } from "../text/task-keys.js";

/** An object of tasks.json. Only `id` is certain to be there; what we know is of its kind. */
export interface TaskView {
  readonly id: string;
  readonly status?: TaskStatus;
  readonly dependencies?: readonly string[];
  readonly error?: string | null;
  readonly started_at?: string | null;
  readonly completed_at?: string | null;
  readonly exit_code?: number | null;
  readonly signal?: string | null;
  readonly attempts?: number;
  /** Relative to the job's directory. */
  readonly log?: string | null;
  /** Of the last attempt. */
  readonly usage?: { readonly user_ms: number; readonly system_ms: number; readonly max_rss_kb: number } | null;
  /** Likewise; missing where it ran on its engine's machine. */
  readonly ran_on?: { readonly node: string; readonly slurm_job?: string | null } | null;
  /** Missing where nothing was left. */
  readonly left_behind?: { readonly attempt: number; readonly processes: number; readonly can_not_be_ended: boolean } | null;
  readonly [key: string]: unknown;
}

/** Here null says nothing, as a missing key does. */
const NEVER_NULL = ["status", "dependencies", "attempts"] as const;

/** What is no object with an id is left out. */
export function readTaskViews(values: readonly unknown[]): TaskView[] {
  return values.flatMap((value): TaskView[] => {
    if (!isObject(value) || typeof value["id"] !== "string") return [];
    if (isPlainTask(value, true) && NEVER_NULL.every((key) => value[key] !== null)) return [value as TaskView];
    const isMeant = ([key, entry]: [string, unknown]): boolean =>
      entry === null
        ? !NEVER_NULL.some((never) => never === key)
        : key === "id" || (isPlainEntry(key, entry) && !isTooDeep(entry));
    return [Object.fromEntries(Object.entries(value).filter(isMeant)) as unknown as TaskView];
  });
}
