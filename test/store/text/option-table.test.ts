/** The one table of options against all that has to say the same: the documents and the Python client. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { JOB_OPTION_SHAPES } from "../../../src/store/text/job-options.js";
import { RECORD_SHAPES, TASK_SHAPES } from "../../../src/store/text/task-keys.js";
import { OPTION_SHAPES, taskOptions } from "../../../src/store/text/task-options.js";

const root = join(import.meta.dirname, "../../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The rows of the Markdown table that begins with this heading, cell by cell. */
function tableUnder(text: string, heading: string): string[][] {
  const [, rest = ""] = text.split(`\n${heading}\n`);
  const lines = rest.split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The words in quotes between two marks. */
function quoted(text: string, begin: string, end: string): string[] {
  const from = text.indexOf(begin);
  assert.ok(from >= 0, begin);
  const piece = text.slice(from, text.indexOf(end, from));
  return [...piece.matchAll(/"(\w+)"/g)].map(([, word]) => word!);
}

test("docs/job-files.md has a row for every key of a task, in the order of the table", () => {
  const rows = tableUnder(read("docs/job-files.md"), "## A task");
  assert.deepEqual(
    rows.map(([key]) => key),
    [...TASK_SHAPES.keys()].map((key) => `\`${key}\``),
  );
});

test("docs/job-files.md says the defaults of the table", () => {
  const rows = tableUnder(read("docs/job-files.md"), "## A task");
  for (const { key, fallback } of Object.values(taskOptions)) {
    const [, , said] = rows.find(([cell]) => cell === `\`${key}\``) ?? [];
    // What is null is said in words.
    if (fallback === null) assert.match(said ?? "", /^[a-z]/, key);
    else assert.equal(said?.replaceAll("`", ""), typeof fallback === "object" ? JSON.stringify(fallback) : String(fallback), key);
  }
});

test("docs/job-files.md has a row for every key of a job", () => {
  const rows = tableUnder(read("docs/job-files.md"), "## A job");
  const keys = ["name", "tasks", "defaults", "params", ...JOB_OPTION_SHAPES.keys()].map((key) => `\`${key}\``);
  assert.deepEqual(new Set(rows.map(([key]) => key)), new Set(keys));
});

test("the Python client passes on exactly the options of the table, and leaves out what is recorded", () => {
  const checks = read("clients/python/src/air_executor/checks.py");
  assert.deepEqual(new Set(quoted(checks, "_OPTIONS = (", "\n)\n")), new Set(OPTION_SHAPES.keys()));
  const recorded = quoted(checks, "_RECORD = (", "\n)\n");
  for (const key of RECORD_SHAPES.keys()) assert.ok(recorded.includes(key), key);
});

test("the Python client's types and README name exactly the options of the table", () => {
  const model = read("clients/python/src/air_executor/model.py");
  const task = model.slice(model.indexOf("class Task("), model.indexOf("class JobStatus("));
  const fields = [...task.matchAll(/^ {4}(\w+): /gm)].map(([, field]) => field);
  const given = ["id", "args", "dependencies"];
  const keys = new Set([...given, ...OPTION_SHAPES.keys()]);
  assert.deepEqual(new Set(fields), keys);
  const readme = read("clients/python/README.md");
  const [, words = ""] = /A task is a dict with a `command`([\s\S]*?)\. A task that was read/.exec(readme) ?? [];
  assert.deepEqual(new Set([...words.matchAll(/`(\w+)`/g)].map(([, word]) => word)), keys);
});
