/**
 * Whole jobs of the shapes that scientific workflows have, made up here: wide levels, overlapping neighbours, funnels. Order is checked
 * from the journal alone, which is what a crash would leave.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { AirExecutor, type TaskInput } from "../src/index.js";
import { journalLines } from "./support/journal-lines.js";
import { temporaryPlace } from "./support/temporary-directory.js";

const main = fileURLToPath(new URL("../bundle/air-executor.cjs", import.meta.url));

const task = (id: string, dependencies: readonly string[]): TaskInput => ({ id, command: "true", dependencies });
const level = (name: string, width: number, dependenciesOf: (index: number) => string[]): TaskInput[] =>
  Array.from({ length: width }, (_, index) => task(`${name}-${index}`, dependenciesOf(index)));
const ids = (tasks: readonly TaskInput[]): string[] => tasks.map(({ id }) => id!);

/** Project every image, compare each with its neighbours, fit all, correct each by the fit, put all together. */
function mosaic(images: number): TaskInput[] {
  const project = level("project", images, () => []);
  const compare = level("compare", images - 2, (index) => [0, 1, 2].map((offset) => `project-${index + offset}`));
  const fit = task("fit", ids(compare));
  const correct = level("correct", images, (index) => ["fit", `project-${index}`]);
  return [...project, ...compare, fit, ...correct, task("add", ids(correct)), task("shrink", ["add"])];
}

/** Two things to prepare, on which every part depends; three funnels of different depth over the parts. */
function alignment(parts: number): TaskInput[] {
  const align = level("align", parts, () => ["split", "index"]);
  const merge = level("merge", Math.ceil(parts / 10), (index) => ids(align.slice(index * 10, index * 10 + 10)));
  return [task("index", []), task("split", []), ...align, task("log", ids(align)), ...merge, task("all", ["log", ...ids(merge)])];
}

/** Groups that don't know each other, each with a merge and a sift, which every population combines in its own way. */
function populations(groups: number): TaskInput[] {
  const tasks = Array.from({ length: groups }, (_, group) => {
    const split = level(`split-${group}`, 8, () => []);
    return [...split, task(`merge-${group}`, ids(split)), task(`sift-${group}`, [])];
  }).flat();
  const combined = level("combine", groups * 4, (index) => [`merge-${index % groups}`, `sift-${(index * 7) % groups}`]);
  // Declared from the end to the beginning: nothing may rely on the order of a file.
  return [...tasks, ...combined].toReversed();
}

for (const [name, tasks] of [
  ["mosaic", mosaic(80)],
  ["alignment", alignment(150)],
  ["populations", populations(12)],
] as const) {
  test(`${name}: no task starts before all that it depends on has completed, and all views agree`, async (t) => {
    const { dir } = temporaryPlace(t);
    const executor = await AirExecutor.open({ dir, concurrency: 6 });
    const { state, counts } = await executor.run(name, tasks);
    await executor.close();
    assert.deepEqual([state, counts.completed], ["completed", tasks.length]);

    const job = join(dir, "jobs", name);
    const dependencies = new Map(tasks.map(({ id, dependencies: list = [] }) => [id!, list]));
    const completed = new Set<string>();
    const started = new Set<string>();
    for (const { type, task: id = "", status } of journalLines(join(job, "journal.ndjson"))) {
      if (type === "attempt-started") {
        assert.ok(!started.has(id), `${id} started twice`);
        started.add(id);
        for (const needed of dependencies.get(id)!) assert.ok(completed.has(needed), `${id} started before ${needed} had ended`);
      }
      if (type === "attempt-ended" && status === "completed") completed.add(id);
    }
    assert.equal(completed.size, tasks.length);

    const shown = execFileSync(process.execPath, [main, "status", name, "--json", "--dir", dir], { encoding: "utf8" });
    const read = (file: string): unknown => JSON.parse(readFileSync(join(job, file), "utf8"));
    assert.deepEqual(JSON.parse(shown), {
      ...(read("state.json") as object),
      tasks: read("tasks.json"),
      problem: null,
      engine: null,
      waits_for: null,
    });
  });
}
