/** Makes the descriptor of an attempt: where the store's paths, the job's settings and the task's wishes come together. Pure. */

import { resolve } from "node:path";
import type { RunIdentity } from "../domain/job.js";
import type { Descriptor, Placement } from "../domain/ports.js";
import { isWithSlot, SLOT_MARK, type TaskSpec } from "../domain/task.js";
import { flockProgram } from "../system/lock/flock.js";
import { gpuTaskLock, type JobPaths } from "../store/layout.js";
import { logFileName } from "../store/names.js";
import type { Picture } from "../store/picture/picture.js";
import { gpuVariable } from "./gpu-devices.js";

export function describeAttempt(
  paths: JobPaths,
  job: Pick<Picture, "name" | "run" | "settings" | "hasOldLogs">,
  graceMs: number,
  task: TaskSpec,
  attempt: number,
  key: number,
  { slot, gpus }: Placement,
): Descriptor {
  const { settings } = job;
  const cwd = task.cwd === null ? settings.cwd : resolve(settings.cwd, task.cwd);
  // Put together by hand: `join` would look for dots and slashes to clean, which names made by the guard don't have.
  const log = `${paths.logs}/${logFileName(task.id)}`;
  const earlierLog = attempt === 1 && !job.hasOldLogs ? null : `${paths.logs}/${logFileName(task.id, attempt - 1)}`;
  const descriptor = {
    key,
    slot,
    job: job.name,
    run: runName(job.run),
    task: task.id,
    attempt,
    command: task.command,
    args: isWithSlot(task) ? task.args.map((arg) => arg.replaceAll(SLOT_MARK, String(slot + 1))) : task.args,
    cwd,
    env: mergeEnv(settings.env, task.env),
    jobEnv: settings.env,
    stdin: task.stdin === null ? null : resolve(cwd, task.stdin),
    log,
    errorLog: settings.stderr === "apart" ? errorFileOf(log) : null,
    earlierLog,
    earlierErrorLog: settings.stderr === "apart" && earlierLog !== null ? errorFileOf(earlierLog) : null,
    limitMs: task.timeoutMs,
    graceMs,
  };
  return gpus === undefined ? descriptor : withGpus(descriptor, resolve(paths.dir, "../.."), gpus);
}

/** Tells the runs of a job apart. */
export function runName({ id, createdAt }: RunIdentity): string {
  return `${id} ${createdAt}`;
}

/**
 * The task sees its GPUs alone, and holds their locks, whoever may have started it: `flock -F` becomes the task, with the locks in its hands. It
 * waits if an earlier task's processes have not all ended.
 */
function withGpus(descriptor: Descriptor, base: string, gpus: readonly number[]): Descriptor {
  const { command, args, env } = descriptor;
  const visible = gpus.join(",");
  const locking = gpus.flatMap((gpu) => [flockProgram(), "-F", gpuTaskLock(base, gpu)]);
  return {
    ...descriptor,
    command: locking[0]!,
    becomes: command,
    args: [...locking.slice(1), command, ...args],
    env: {
      CUDA_VISIBLE_DEVICES: visible,
      HIP_VISIBLE_DEVICES: visible,
      ...env,
      ...Object.fromEntries(gpus.map((gpu) => gpuVariable(base, gpu))),
    },
  };
}

function errorFileOf(log: string): string {
  return log.replace(/\.log$/, ".err");
}

/** Most tasks add nothing of their own: then no object is made. */
function mergeEnv(
  job: Readonly<Record<string, string>>,
  task: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const _ in task) return { ...job, ...task };
  return job;
}
