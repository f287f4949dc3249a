/** Something else in the place of a file: a pipe, a socket, a directory, a loop of links, a device. Nothing hangs, and nothing ends raw. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { ManagedDirectory, task, until } from "../manager/manager-process.js";
import type { Asked } from "../support/ask-everything.js";
import { makePlayground } from "./support/cli.js";

const ASKER = fileURLToPath(new URL("../support/ask-everything.js", import.meta.url));
/** Only turns a hang into a failure. */
const LIMIT_MS = 60_000;
const LIMIT = { timeout: 3 * LIMIT_MS };
const isRoot = process.geteuid?.() === 0;

const PLACES = [
  "state.json",
  "tasks.json",
  "journal.ndjson",
  "journal.ndjson.tmp",
  "journal.torn",
  "state.json.rejected",
  "tasks.json.rejected",
  "state.json.tmp",
  "lock",
  "logs",
  "logs/fails.log",
  "runs",
];

type Thing = (path: string, t: TestContext) => unknown;
const THINGS: Readonly<Record<string, Thing>> = {
  pipe: (path) => execFileSync("mkfifo", [path]),
  socket: (path, t) => listen(path, t),
  directory: (path) => mkdirSync(join(path, "inside"), { recursive: true }),
  loop: (path) => symlinkSync(path, path),
  ...(isRoot && { device: (path: string) => execFileSync("mknod", [path, "c", "1", "5"]) }),
};

function listen(path: string, t: TestContext): Promise<Server> {
  const server = createServer();
  t.after(() => server.close());
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}

/** Copies of a job, each with something else in one place; gives their names. */
async function plant(base: string, source: string, t: TestContext): Promise<string[]> {
  const names: string[] = [];
  for (const [kind, make] of Object.entries(THINGS)) {
    for (const place of PLACES) {
      const name = `${source}-${kind}-${place.replaceAll(/[./]/g, "-")}`;
      // Not before it is whole may anybody look at it.
      const dir = join(base, "made");
      cpSync(join(base, "jobs", source), dir, { recursive: true });
      rmSync(join(dir, place), { recursive: true, force: true });
      await make(join(dir, place), t);
      renameSync(dir, join(base, "jobs", name));
      names.push(name);
    }
  }
  return names;
}

/** What came of each question; one that hangs comes last. */
async function askEverything(base: string, jobs: readonly string[]): Promise<Asked[]> {
  const child = spawn(process.execPath, [ASKER, base, ...jobs], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  const lines = output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Asked);
  return lines.filter(({ error }, index) => error?.code !== "hangs" || index === lines.length - 1);
}

test("whatever is in the place of a job's file, no verb hangs or ends raw, and the others go on", LIMIT, async (t) => {
  const { dir, run, start, write } = makePlayground(t);
  const base = join(dir, ".air-executor");
  const tasks = [{ id: "fails", command: "sh", args: ["-c", "echo said; exit 3"] }];
  await run(["run", write("over.json", { name: "over", tasks })]);
  const waits = [{ id: "fails", command: "sh", args: ["-c", "echo up; exec sleep 60"] }];
  const open = start(["run", write("open.json", { name: "open", tasks: waits }), "--grace-period", "0.1"]);
  await until(() => existsSync(join(base, "jobs", "open", "logs", "fails.log")), "its task to begin");
  open.process.kill("SIGTERM");
  await open.ended;
  const ended = await plant(base, "over", t);
  const names = [...ended, ...(await plant(base, "open", t))];
  const status = await run(["status", "--json"]);
  assert.equal(status.code, 0, status.stderr);
  const shown = (JSON.parse(status.stdout) as { jobs: { name: string }[] }).jobs.map(({ name }) => name);
  assert.deepEqual(shown, [...names, "over", "open"].toSorted());
  for (const verb of ["logs", "graph"]) {
    for (const name of ended.filter((job) => job.includes("fails-log") || job.includes("tasks-json"))) {
      const { code, stderr } = await run([verb, name]);
      assert.ok(code === 0 || code === 2 || code === 3, `${verb} ${name} ends with ${code}`);
      assert.doesNotMatch(stderr, /\bE[A-Z]{3,}\b|    at /, `${verb} ${name}`);
    }
  }
  // Side by side: most of it is waiting.
  const parts = Object.keys(THINGS).map((kind) => ended.filter((name) => name.startsWith(`over-${kind}`)));
  for (const asked of await Promise.all([...parts, ["over"]].map((jobs) => askEverything(base, jobs)))) {
    for (const { job, verb, error } of asked) assert.match(error?.code ?? "AIR_", /^AIR_/, `${verb} ${job}: ${error?.message}`);
    assert.equal(asked.at(-1)?.verb, "rm", JSON.stringify(asked.at(-1)));
    assert.notEqual(asked.at(-1)?.error?.code, "hangs", JSON.stringify(asked.at(-1)));
    for (const { job, verb, error } of asked) if (job === "over" || job === "all") assert.equal(error, null, `${verb} ${job}`);
  }
});

test("a manager goes on beside all that, and beside what is no job at all, and ends when it is told to", LIMIT, async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.drop("over", [task("fails", "false")]);
  await place.untilState("over", "failed");
  await place.end();
  for (const [kind, make] of Object.entries(THINGS)) await make(place.path(`no-job-${kind}`), t);
  writeFileSync(place.path("notes.txt"), "no job");
  await plant(place.base, "over", t);
  await place.start();
  place.drop("ours", [task("hello", "true")]);
  await place.untilState("ours", "completed");
  // A file that is made shorter while Node copies it keeps it copying for ever, and the lock is, when the job is given back.
  await until(() => statSync(place.path("ours", "lock")).size === 0, "the job to be given back");
  writeFileSync(place.path("more.txt"), "no job");
  await plant(place.base, "ours", t);
  place.drop("later", [task("hello", "true")]);
  await place.untilState("later", "completed");
  assert.equal(await place.end(), 0);
});
