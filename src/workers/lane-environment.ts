/**
 * The environment of tasks, as far as it is the same for all: the engine's own, and how it gets through a shell.
 *
 * dash passes variables on unchanged, but drops names that it could not have itself and sets some anew. Those are kept away from it
 * ("odd") and given to each task by env(1), which costs one more exec.
 */

import { existsSync } from "node:fs";

export interface LaneEnvironment {
  /** What the lane itself is started with. */
  readonly lane: Readonly<Record<string, string>>;
  /** What a lane can't carry. */
  readonly odd: readonly (readonly [name: string, value: string])[];
  /** Bytes that all of it takes in a new process. */
  readonly bytes: number;
  /** The engine's OLDPWD, which `cd` in the lane would replace. */
  readonly oldDirectory: string | undefined;
  /** For names that are not looked up with a PATH of the task's own. */
  readonly path: string;
  isOdd(name: string): boolean;
  /** The program env(1). */
  readonly envFile: string;
}

/** Variables by which every task finds its job; a task's own `env` can't replace them, since attempts are recognised by them. */
export const OUR_NAMES = ["AIR_EXECUTOR_DIR", "AIR_EXECUTOR_JOB", "AIR_EXECUTOR_TASK", "AIR_EXECUTOR_ATTEMPT"] as const;

/** The lane's own variables, in lane-script.ts. */
export const STATUS_VARIABLE = "air_executor_s";
export const UNTOLD_VARIABLE = "air_executor_u";

const PORTABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Variables that dash sets anew, or we. */
const DASH_SETS = new Set(["IFS", "OPTIND", "PPID", STATUS_VARIABLE, UNTOLD_VARIABLE]);
/** Variables that bash and others make read-only, or act upon. What bash does to `_` and `SHLVL` is left as it is. */
const OTHERS_SET = new Set([...DASH_SETS, "UID", "EUID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO"]);

/** As execvp(3) has it where there is no PATH. */
const DEFAULT_PATH = "/usr/bin:/bin";

export function laneEnvironment(engine: NodeJS.ProcessEnv, directory: string, isDash: boolean): LaneEnvironment {
  const changed = isDash ? DASH_SETS : OTHERS_SET;
  const isOdd = (name: string): boolean => changed.has(name) || !PORTABLE_NAME.test(name);
  const lane: Record<string, string> = {};
  const odd: [string, string][] = [];
  let bytes = 0;
  for (const [name, value] of Object.entries({ ...engine, AIR_EXECUTOR_DIR: directory })) {
    if (value === undefined) continue;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
    if (isOdd(name)) odd.push([name, value]);
    else lane[name] = value;
  }
  return {
    lane,
    odd,
    bytes,
    oldDirectory: engine["OLDPWD"],
    path: engine["PATH"] ?? DEFAULT_PATH,
    isOdd,
    envFile: existsSync("/usr/bin/env") ? "/usr/bin/env" : "/bin/env",
  };
}
