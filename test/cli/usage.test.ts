/** What each task used, from its process to the record and to whoever asks. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePlayground } from "./support/cli.js";

interface Shown {
  readonly id: string;
  readonly started_at: string;
  readonly completed_at: string;
  readonly usage: { readonly user_ms: number; readonly system_ms: number; readonly max_rss_kb: number } | null;
}

const busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; date +%s%3N";
const tasks = [
  { id: "busy", command: "sh", args: ["-c", busy], resources: { memory: "64kB" } },
  { id: "absent", command: "/no/such/program" },
];

const shownOf = (text: string): ReadonlyMap<string, Shown> =>
  new Map((JSON.parse(text) as { readonly tasks: readonly Shown[] }).tasks.map((task) => [task.id, task]));

test("CPU and memory of a task are in its record, in status, in why, and null where nothing ran", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("job.json", { tasks });
  assert.equal((await run(["run", "job.json", "-q"])).code, 1);
  const { stdout } = await run(["status", "job", "--json"]);
  const shown = shownOf(stdout);
  const { usage } = shown.get("busy")!;
  assert.ok(usage !== null && usage.user_ms + usage.system_ms > 0 && usage.max_rss_kb > 100, stdout);
  assert.equal(shown.get("absent")!.usage, null);
  const job = join(dir, ".air-executor/jobs/job");
  const inJournal = readFileSync(join(job, "journal.ndjson"), "utf8")
    .split("\n")
    .find((line) => /attempt-ended","task":"busy"/.test(line))!;
  assert.match(
    inJournal,
    new RegExp(`"usage":\\{"userMs":${usage.user_ms},"systemMs":${usage.system_ms},"maxRssKb":${usage.max_rss_kb}\\}`),
  );
  assert.equal(Date.parse(shown.get("busy")!.started_at), Number(/"begunAt":(\d+)/.exec(inJournal)?.[1]));
  assert.match((await run(["status", "job"])).stdout, /more memory +busy used \S+ MB and takes only 64 kB/);
  assert.match(
    (await run(["why", "job", "busy"])).stdout,
    /of CPU and \S+ MB of memory; that is \S+ MB more memory than it takes/,
  );
});

test("what an engine of before wrote, without usage, is taken up, and what it had is not known", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("job.json", { tasks: [{ id: "a", command: "test", args: ["-e", "ready"] }] });
  assert.equal((await run(["run", "job.json", "-q"])).code, 1);
  const job = join(dir, ".air-executor/jobs/job");
  const withoutUsage = (text: string): string => text.replaceAll(/,"usage":(null|\{[^}]*\})/g, "");
  writeFileSync(join(job, "tasks.json"), withoutUsage(readFileSync(join(job, "tasks.json"), "utf8")));
  assert.equal(shownOf((await run(["status", "job", "--json"])).stdout).get("a")!.usage ?? null, null);
  write("ready", "");
  assert.equal((await run(["retry", "job", "a"])).code, 0);
  assert.ok(shownOf((await run(["status", "job", "--json"])).stdout).get("a")!.usage !== null);
});
