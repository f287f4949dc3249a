/**
 * The processes of this machine, as far as ending an attempt needs them: from /proc, or from `ps` where there is none (macOS).
 *
 * Read only while something is being stopped or adopted (a process costs about 30 µs), never on the way of a task.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Clock ticks from boot to its start; without /proc seconds since the epoch. */
  readonly start: number;
  /** Ended, and only waiting to be reaped. */
  readonly isZombie: boolean;
}

const HAS_PROC = existsSync("/proc/self/stat");
/** The kernel's unit in /proc; 100 on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;
const PS_COLUMNS = ["-o", "pid=,ppid=,pgid=,stat=,lstart="];

/** One process; undefined if there is none. */
export function readProcess(pid: number): ProcessEntry | undefined {
  return HAS_PROC ? readStat(pid) : readPs(["-p", String(pid)])[0];
}

/** All processes, zombies left out. */
export function readProcesses(): ProcessEntry[] {
  return [...(HAS_PROC ? readAllStats() : readPs(["-ax"]))].filter((entry) => !entry.isZombie);
}

/** The members of the given process groups, zombies left out; a group without members is missing. */
export function readGroups(groups: ReadonlySet<number>): Map<number, ProcessEntry[]> {
  const members = new Map<number, ProcessEntry[]>();
  for (const entry of HAS_PROC ? readAllStats() : readPs(["-ax"])) {
    if (entry.isZombie || !groups.has(entry.group)) continue;
    const list = members.get(entry.group);
    if (list === undefined) members.set(entry.group, [entry]);
    else list.push(entry);
  }
  return members;
}

/** The environment with which a process was started, `NAME=VALUE` each; undefined if it can't be read. */
export function readEnvironment(pid: number): string[] | undefined {
  return readList(`/proc/${pid}/environ`);
}

/** Command and arguments; undefined if they can't be read. */
export function readArguments(pid: number): string[] | undefined {
  return readList(`/proc/${pid}/cmdline`);
}

/** The least start time of a process that was started no more than so long ago. */
export function startAgo(elapsedMs: number): number {
  if (!HAS_PROC) return Math.floor((Date.now() - elapsedMs) / 1000) - 1;
  const uptime = Number.parseFloat(readFileSync("/proc/uptime", "latin1"));
  return Math.floor((uptime - elapsedMs / 1000) * TICKS_PER_SECOND) - 1;
}

function readList(path: string): string[] | undefined {
  try {
    return readFileSync(path, "utf8").split("\0");
  } catch {
    return undefined;
  }
}

function* readAllStats(): Generator<ProcessEntry> {
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const entry = readStat(Number(name));
    if (entry !== undefined) yield entry;
  }
}

function readStat(pid: number): ProcessEntry | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything, parentheses and spaces too: the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    start: Number(fields[19]),
    isZombie: state === "Z" || state === "X",
  };
}

function readPs(selection: readonly string[]): ProcessEntry[] {
  const { stdout } = spawnSync("ps", [...selection, ...PS_COLUMNS], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  const entries: ProcessEntry[] = [];
  for (const line of (stdout ?? "").split("\n")) {
    const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line);
    if (found === null) continue;
    entries.push({
      pid: Number(found[1]),
      parent: Number(found[2]),
      group: Number(found[3]),
      start: Math.floor(Date.parse(found[5] ?? "") / 1000),
      isZombie: found[4]?.startsWith("Z") ?? false,
    });
  }
  return entries;
}
