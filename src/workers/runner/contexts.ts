/**
 * What the tasks of a job have in common, told to a runner once instead of with each task. Pure.
 *
 * There are few at a time: those that were used least lately are forgotten, since each holds a handle in the runner.
 */

import { dirname } from "node:path";
import type { Descriptor } from "../../domain/ports.js";

const MOST = 64;

/** Variables by which every task finds its job; a task's own `env` can't replace them. */
const OUR_NAMES: ReadonlySet<string> = new Set([
  "AIR_EXECUTOR_DIR",
  "AIR_EXECUTOR_JOB",
  "AIR_EXECUTOR_TASK",
  "AIR_EXECUTOR_ATTEMPT",
  "PWD",
]);

export interface Context {
  readonly id: number;
  readonly job: string;
  readonly run: string;
  readonly cwd: string;
  /** What all its tasks have. */
  readonly env: Descriptor["env"];
  /** Directory of the logs, with the slash behind it. */
  readonly logs: string;
}

export class Contexts {
  /** By job, the latest last. */
  readonly #byJob = new Map<string, Context>();
  #latest: Context | null = null;
  /** Those that the runner may forget. */
  #stale: number[] = [];
  #lastId = 0;

  /** The context of a task's job; what the runner has to be told first is given to `tell`. */
  of(task: Descriptor, tell: (command: string) => void): Context {
    const latest = this.#latest;
    if (latest !== null && isOf(task, latest)) return latest;
    let context = this.#byJob.get(task.job);
    this.#byJob.delete(task.job);
    if (context !== undefined && !isOf(task, context)) {
      tell(`x\0${context.id}\0`);
      context = undefined;
    }
    context ??= this.#make(task, tell);
    this.#byJob.set(task.job, context);
    this.#latest = context;
    return context;
  }

  /** The directory of its logs may be another by now: it is told anew. */
  forget(job: string): void {
    const context = this.#byJob.get(job);
    if (context === undefined) return;
    this.#byJob.delete(job);
    this.#stale.push(context.id);
    this.#latest = null;
  }

  #make({ job, run, cwd, jobEnv: env, log }: Descriptor, tell: (command: string) => void): Context {
    for (const id of this.#stale) tell(`x\0${id}\0`);
    this.#stale = [];
    const [oldest] = this.#byJob.values();
    let id = this.#lastId + 1;
    if (oldest !== undefined && this.#byJob.size === MOST) {
      this.#byJob.delete(oldest.job);
      tell(`x\0${oldest.id}\0`);
      id = oldest.id;
    } else this.#lastId = id;
    const logs = dirname(log);
    const variables = variablesOf(env, `PWD=${cwd}\0AIR_EXECUTOR_JOB=${job}\0`, 2);
    tell(`c\0${id}\0${cwd}\0${logs}\0${variables}`);
    return { id, job, run, cwd, env, logs: `${logs}/` };
  }
}

/** Another run has other directories, even if they are called the same. */
function isOf(task: Descriptor, { job, run, logs }: Context): boolean {
  return task.job === job && task.run === run && task.log.startsWith(logs);
}

/** A counted list of variables: those of `env` that are not ours, and `more`. */
export function variablesOf(env: Descriptor["env"], more: string, moreCount: number): string {
  let text = "";
  let count = moreCount;
  for (const name in env) {
    if (OUR_NAMES.has(name)) continue;
    text += `${name}=${env[name]}\0`;
    count += 1;
  }
  return `${count}\0${text}${more}`;
}
