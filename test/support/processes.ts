/** Which processes belong to a directory of jobs, or to one below it: runners, tasks, and what tasks left behind. Linux only. */

import { readFileSync, readdirSync } from "node:fs";
import { waitUntil } from "./wait-until.js";

interface Found {
  readonly pid: number;
  readonly parent: number;
  /** Id of its task; undefined for a runner. */
  readonly task: string | undefined;
  /** A letter as in ps(1): T is stopped. */
  readonly state: string;
}

/** All but zombies. */
export function processesOf(dir: string): Found[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (look(Number(name), dir) ?? []) : []));
}

function look(pid: number, dir: string): Found | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const ofDir = `AIR_EXECUTOR_DIR=${dir}`;
    if (!variables.some((variable) => variable === ofDir || variable.startsWith(`${ofDir}/`))) return undefined;
    const task = variables.find((variable) => variable.startsWith("AIR_EXECUTOR_TASK="))?.slice("AIR_EXECUTOR_TASK=".length);
    const [state, parent] = statOf(pid);
    return state === "Z" || state === "X" ? undefined : { pid, parent: Number(parent), task, state: state! };
  } catch {
    return undefined;
  }
}

/** What stands in its stat behind its name. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** True once it has ended and is not yet reaped. */
export async function isZombie(pid: number): Promise<boolean> {
  return waitUntil(() => statOf(pid)[0] === "Z");
}

/** Stops it as Ctrl-Z does. True when it has stopped: on a busy machine that takes its time. */
export async function freeze(pid: number): Promise<boolean> {
  signal(pid, "SIGSTOP");
  return waitUntil(() => statOf(pid)[0] === "T");
}

export function runnersOf(dir: string): number[] {
  return processesOf(dir).flatMap(({ pid, task }) => (task === undefined ? [pid] : []));
}

/** Those that run a task. */
export function busyRunnersOf(dir: string): number[] {
  const found = processesOf(dir);
  const parents = new Set(found.flatMap(({ task, parent }) => (task === undefined ? [] : [parent])));
  return found.flatMap(({ pid, task }) => (task === undefined && parents.has(pid) ? [pid] : []));
}

/** The subprocess that a task is: the one whose parent is a runner. */
export function subprocessOf(dir: string, task: string): Found | undefined {
  const runners = new Set(runnersOf(dir));
  return processesOf(dir).find((found) => found.task === task && runners.has(found.parent));
}

/** True once nothing of the directory runs any more. */
export async function areGone(dir: string, withinMs = 10_000): Promise<boolean> {
  return waitUntil(() => processesOf(dir).length === 0, withinMs);
}

/** For the end of a test, whatever became of it. */
export function killAll(dir: string): void {
  for (const { pid } of processesOf(dir)) signal(pid, "SIGKILL");
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}
