/** Air-Executor as a contender: how it is called, as a user would, and how to tell from its files that it did everything. */

import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./toolbox.js";

const main = join(repository, "dist", "bundle", "air-executor.cjs");

/** With default durability and logs; the state goes into `.air-executor` where it runs. */
export function engineCommand(jobFile: string, slots: number): string[] {
  return ["node", main, "run", jobFile, "--concurrency", String(slots)];
}

/** A batch of the name; nothing is printed but what its tasks print. */
export function mapCommand(name: string, slots: number, words: readonly string[]): string[] {
  return ["node", main, "map", "-q", "-j", String(slots), "--name", name, ...words];
}

/** Where the job lies after a run in `directory`. */
export function jobDirectory(directory: string, job: string): string {
  return join(directory, ".air-executor", "jobs", job);
}

/** Throws unless all `count` tasks of the job completed. */
export function checkCompleted(directory: string, job: string, count: number): void {
  const state: { state: string; counts: Record<string, number> } = JSON.parse(
    readFileSync(join(jobDirectory(directory, job), "state.json"), "utf8"),
  );
  assert.equal(state.state, "completed");
  assert.equal(state.counts["total"], count, "total in state.json");
  assert.equal(state.counts["completed"], count, "completed in state.json");
}

/** From the start of the first task to the end of the last, as tasks.json has it: without our own start and end. */
export function spanMs(directory: string, job: string): number {
  const tasks: { started_at: string; completed_at: string }[] = JSON.parse(
    readFileSync(join(jobDirectory(directory, job), "tasks.json"), "utf8"),
  );
  const starts = tasks.map((task) => Date.parse(task.started_at));
  const ends = tasks.map((task) => Date.parse(task.completed_at));
  const span = ends.reduce((a, b) => Math.max(a, b), -Infinity) - starts.reduce((a, b) => Math.min(a, b), Infinity);
  assert.ok(Number.isFinite(span), "every task in tasks.json has a start and an end");
  return span;
}
