/**
 * Judges a run from its files and from what its tasks said themselves, with code of its own: it shares nothing with the engine, so that
 * both would have to be wrong in the same way.
 */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { eventsOfLine, type JournalLine } from "./journal-lines.js";
import type { ExpectedTask } from "./random-job.js";
import { readWitness, type WitnessLine } from "./witness.js";

/** What was found. A run that kept all promises has no violations, and without a dead lane also no lost attempts. */
export interface RunVerdict {
  readonly violations: readonly string[];
  readonly lostAttempts: number;
  /** Attempts that ran although an earlier one of the same task had ended well or was running. */
  readonly runTwice: number;
  /** Tasks that did not run as often as they had to, or have no end on record. */
  readonly tasksLost: number;
  /** How often something began before what it depends on had ended. */
  readonly outOfOrder: number;
}

/** What is found of a run in which nobody's runner died. */
export const FAULTLESS: RunVerdict = { violations: [], lostAttempts: 0, runTwice: 0, tasksLost: 0, outOfOrder: 0 };

export function judgeRun(
  dir: string,
  name: string,
  witness: string,
  expected: readonly ExpectedTask[],
  isSilent = false,
): RunVerdict {
  const job = join(dir, "jobs", name);
  const { lines: journal, violations } = readJournalLines(join(job, "journal.ndjson"));
  const seen = readWitness(witness);
  const lost = journal.filter((line) => line.outcome?.kind === "lost");
  let [runTwice, tasksLost] = [0, 0];
  const disorder = judgeJournalOrder(journal, expected);
  for (const task of expected) {
    const lostOfTask = lost.filter((line) => line.task === task.id).map((line) => line.attempt!);
    const mine = seen.filter((line) => line.task === task.id);
    const most = task.attempts + lostOfTask.length;
    const least = Math.max(Math.min(1, task.attempts), task.attempts - lostOfTask.length);
    const starts = mine.filter((line) => line.what === "start").length;
    if (starts > most) runTwice += 1;
    if (starts < least || !journal.some((line) => line.task === task.id && isEnd(line))) tasksLost += 1;
    // A lost attempt may have died before it could say anything.
    if (starts > most || starts < least) violations.push(`${task.id}: ${starts} starts, expected ${most}`);
    violations.push(...judgeAttempts(task.id, mine, lostOfTask));
    disorder.push(...judgeOrder(task, seen));
  }
  violations.push(...disorder, ...judgeJournal(journal), ...judgeFiles(job, expected, isSilent));
  if (readdirSync(join(dir, "lanes")).length > 0) violations.push(`lanes/ holds ${readdirSync(join(dir, "lanes")).join(", ")}`);
  return { violations, lostAttempts: lost.length, runTwice, tasksLost, outOfOrder: disorder.length };
}

/** Each attempt one start and one end, but for lost ones; never two at a time. */
function judgeAttempts(id: string, mine: readonly WitnessLine[], lost: readonly number[]): string[] {
  const violations: string[] = [];
  for (const attempt of new Set(mine.map((line) => line.attempt))) {
    const said = mine.filter((line) => line.attempt === attempt).map((line) => line.what);
    const isWhole = said.join(" ") === "start end" || (lost.includes(attempt) && said.join(" ") === "start");
    if (!isWhole) violations.push(`${id}, attempt ${attempt}: said ${said.join(" ")}`);
  }
  for (const [index, line] of mine.entries()) {
    if (mine.slice(0, index).some((earlier) => earlier.attempt > line.attempt)) {
      violations.push(`${id}: attempt ${line.attempt} still spoke when a later one had begun`);
    }
  }
  return violations;
}

function judgeOrder(task: ExpectedTask, seen: readonly WitnessLine[]): string[] {
  const start = seen.findIndex((line) => line.task === task.id);
  if (start < 0) return [];
  return task.dependencies
    .filter((dependency) => seen.findLastIndex((line) => line.task === dependency) > start)
    .map((dependency) => `${task.id} began before ${dependency} had ended`);
}

function readJournalLines(path: string): { lines: JournalLine[]; violations: string[] } {
  const violations: string[] = [];
  const texts = readFileSync(path, "utf8").split("\n");
  if (texts.pop() !== "") violations.push("the journal's last line is not whole");
  const lines = texts.flatMap((text, index) => {
    const [, head, crc] = /^(.*),"crc":"([0-9a-f]{8})"\}$/.exec(text) ?? [];
    if (head === undefined || crc32(head) !== Number.parseInt(crc!, 16))
      violations.push(`journal line ${index + 1} is bad: ${text}`);
    const events = eventsOfLine(text);
    const [{ seq } = { seq: 0 }] = events;
    if (seq !== index + 1) violations.push(`journal line ${index + 1} has number ${seq}`);
    return events;
  });
  if (lines.filter((line) => line.type === "job-ended").length !== 1)
    violations.push("the journal does not say once that the job ended");
  return { lines, violations };
}

/** True of the last that is said of a task. */
function isEnd({ type, status }: JournalLine): boolean {
  return (type === "attempt-ended" || type === "task-ended") && status !== "pending";
}

/** Every start after the ends of all dependencies. */
function judgeJournalOrder(journal: readonly JournalLine[], expected: readonly ExpectedTask[]): string[] {
  const violations: string[] = [];
  const dependencies = new Map(expected.map((task) => [task.id, task.dependencies]));
  const ended = new Set<string>();
  for (const line of journal) {
    const { task = "" } = line;
    if (isEnd(line)) ended.add(task);
    if (line.type !== "attempt-started") continue;
    for (const dependency of dependencies.get(task) ?? []) {
      if (!ended.has(dependency)) violations.push(`journal: ${task} was started before the end of ${dependency}`);
    }
  }
  return violations;
}

/** One end for each start. */
function judgeJournal(journal: readonly JournalLine[]): string[] {
  const violations: string[] = [];
  const ended = new Set<string>();
  const open = new Set<string>();
  for (const line of journal) {
    const { task = "" } = line;
    if (line.type === "attempt-started") {
      if (open.has(task)) violations.push(`journal: ${task} was started while it ran`);
      if (ended.has(task)) violations.push(`journal: ${task} was started after its end`);
      open.add(task);
    } else if (line.type === "attempt-ended" || line.type === "task-ended") {
      open.delete(task);
      if (isEnd(line)) ended.add(task);
    }
  }
  if (open.size > 0) violations.push(`journal: no end of ${[...open].join(", ")}`);
  return violations;
}

/** @param isSilent the tasks print nothing, so that they need have no logs */
function judgeFiles(job: string, expected: readonly ExpectedTask[], isSilent: boolean): string[] {
  const violations: string[] = [];
  const state = JSON.parse(readFileSync(join(job, "state.json"), "utf8")) as { state: string; counts: Record<string, number> };
  const tasks = JSON.parse(readFileSync(join(job, "tasks.json"), "utf8")) as { id: string; status: string; log: string | null }[];
  const found = new Map(tasks.map((task) => [task.id, task]));
  const wanted = expected.some((task) => task.status === "failed") ? "failed" : "completed";
  if (state.state !== wanted) violations.push(`state.json says ${state.state}, expected ${wanted}`);
  for (const task of expected) {
    const { status, log } = found.get(task.id) ?? {};
    if (status !== task.status) violations.push(`${task.id} is ${status}, expected ${task.status}`);
    if (!isSilent && typeof log === "string" && !existsSync(join(job, log))) violations.push(`${task.id} has no log`);
  }
  for (const status of ["completed", "failed", "skipped", "pending", "running"]) {
    const count = expected.filter((task) => task.status === status).length;
    if (state.counts[status] !== count) violations.push(`state.json counts ${state.counts[status]} ${status}, expected ${count}`);
  }
  const leftovers = readdirSync(job).filter((name) => name.endsWith(".tmp"));
  if (leftovers.length > 0) violations.push(`left behind: ${leftovers.join(", ")}`);
  return violations;
}

/** Files that are there must be whole at every moment, whoever died. */
export function tornFiles(dir: string, name: string): string[] {
  return ["state.json", "tasks.json"].flatMap((file) => {
    const path = join(dir, "jobs", name, file);
    if (!existsSync(path)) return [];
    try {
      JSON.parse(readFileSync(path, "utf8"));
      return [];
    } catch {
      return [`${file} is torn`];
    }
  });
}
