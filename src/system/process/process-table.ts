/**
 * The processes of this machine, as far as ending an attempt needs them: from /proc, or from `ps` where there is none (macOS).
 *
 * Read only while something is being stopped or adopted (a process costs about 30 µs), never on the way of a task. That a process can't be
 * read doesn't mean that it is gone: each look says which (look.ts).
 */

import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { uptime } from "node:os";
import { codeOf, isForbidden } from "../look/error-code.js";
import { NO, unknown, yes, type Look, type Seen } from "../look/look.js";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Clock ticks from boot to its start; without /proc seconds since the epoch. */
  readonly start: number;
  /** Ended, and only waiting to be reaped. */
  readonly isZombie: boolean;
  /** By a signal, until another one lets it go on. */
  readonly isStopped: boolean;
}

const HAS_PROC = process.platform === "linux";
/** The kernel's unit in /proc; 100 on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;
const PS_COLUMNS = ["-o", "pid=,ppid=,pgid=,stat=,lstart="];
const MAX_PID = 2 ** 31 - 1;

/** One process. */
export function readProcess(pid: number): Look<ProcessEntry> {
  if (!Number.isInteger(pid) || pid < 1 || pid > MAX_PID) return NO;
  return HAS_PROC ? readStat(pid) : readOneByPs(pid);
}

/** True if that is certain; it may still have to be reaped. */
export function hasEnded(pid: number): boolean {
  const look = readProcess(pid);
  return look.answer === "no" || (look.answer === "yes" && look.found.isZombie);
}

/** True if it is certain that it has not ended, and is a child of ours. */
export function isLivingChild(pid: number): boolean {
  const look = readProcess(pid);
  return look.answer === "yes" && look.found.parent === process.pid && !look.found.isZombie;
}

/** All processes, zombies left out, and those of other users that the system hides. */
export function readProcesses(): Seen<readonly ProcessEntry[]> {
  const reading = new ProcessReading();
  const look = reading.readOn();
  return look.answer === "yes" ? yes(reading.entries) : look;
}

/**
 * The same in rounds: of processes that each start the next one and end there is one at every moment, and it may come just behind a look.
 * Where that matters it is read on until a round was whole.
 */
export class ProcessReading {
  readonly entries: ProcessEntry[] = [];
  readonly #known = new Set<number>();
  readonly #ask: (pid: number) => void;

  /** @param ask is called with the pid of each before it is read, for what else is to be known of it: that was asked of a living process then. */
  constructor(ask: (pid: number) => void = () => {}) {
    this.#ask = ask;
  }

  /** Reads those that have come since. False if some had ended before they could be read: what these have started may be missing. */
  readOn(): Seen<boolean> {
    if (!HAS_PROC) return this.#readByPs();
    let isWhole = true;
    try {
      // The youngest first, which are the quickest to go.
      for (const pid of listPids()) if (!this.#known.has(pid)) isWhole = this.#readOne(pid) && isWhole;
      return yes(isWhole);
    } catch (error) {
      return unknown(error);
    }
  }

  /** Throws what kept it from being read. */
  #readOne(pid: number): boolean {
    this.#known.add(pid);
    this.#ask(pid);
    const look = readStat(pid);
    if (look.answer === "unknown" && !isForbidden(look.why)) throw look.why;
    const isOver = look.answer === "no" || (look.answer === "yes" && look.found.isZombie);
    if (look.answer === "yes" && !isOver) this.entries.push(look.found);
    return !isOver;
  }

  #readByPs(): Seen<boolean> {
    const all = readAllByPs();
    if (all.answer === "unknown") return all;
    this.entries.push(...all.found.filter(({ isZombie }) => !isZombie));
    for (const { pid } of this.entries) this.#ask(pid);
    return yes(true);
  }
}

/** The limits of a process on a resource that Linux has not used for long, by which processes can be marked: soft and hard, as far as they are numbers. */
export function readMarks(pid: number): Look<readonly bigint[]> {
  if (!HAS_PROC) return yes([]);
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/limits`, "latin1");
  } catch (error) {
    return codeOf(error) === "ESRCH" || isGone(pid) ? NO : unknown(error);
  }
  const limits = /^Max file locks +(\w+) +(\w+)/m.exec(text)?.slice(1) ?? [];
  return yes(limits.filter((limit) => /^\d+$/.test(limit)).map(BigInt));
}

/** The processes that the first thread of a process is the parent of; none where the kernel doesn't list them. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1")
      .split(" ")
      .filter((text) => text !== "")
      .map(Number);
  } catch {
    return [];
  }
}

/** How long ago processes were started, in milliseconds. Clocks that jump don't matter, where there is /proc. */
export function agesOf(entries: readonly ProcessEntry[]): number[] {
  const now = HAS_PROC ? uptime() : Date.now() / 1000;
  return entries.map(({ start }) => 1000 * (now - (HAS_PROC ? start / TICKS_PER_SECOND : start)));
}

/** True if that is certain. Asks without needing a handle. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

function listPids(): number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.toSorted((one, other) => other - one);
}

function readStat(pid: number): Look<ProcessEntry> {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch (error) {
    return isGone(pid) ? NO : unknown(error);
  }
  // The name in parentheses may hold anything, parentheses and spaces too: the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  return yes({
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    start: Number(fields[19]),
    // One whose first thread alone has ended looks like a zombie, and is none.
    isZombie: (state === "Z" || state === "X") && Number(fields[17]) <= 1,
    isStopped: state === "T",
  });
}

/** Without a line its word counts only if there is no such process. */
function readOneByPs(pid: number): Look<ProcessEntry> {
  const listed = readPs(["-p", String(pid)]);
  if (listed.answer === "yes" && listed.found[0] !== undefined) return yes(listed.found[0]);
  if (isGone(pid)) return NO;
  return listed.answer === "unknown" ? listed : unknown(new Error(`ps does not list process ${pid}, which is there`));
}

/** A list that lacks ourselves is none. */
function readAllByPs(): Seen<ProcessEntry[]> {
  const all = readPs(["-ax"]);
  if (all.answer === "yes" && !all.found.some(({ pid }) => pid === process.pid)) return unknown(new Error("ps lists nothing"));
  return all;
}

function readPs(selection: readonly string[]): Seen<ProcessEntry[]> {
  const { stdout, error } = spawnSync("ps", [...selection, ...PS_COLUMNS], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  if (error !== undefined) return unknown(error);
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
      isStopped: found[4]?.startsWith("T") ?? false,
    });
  }
  return yes(entries);
}
