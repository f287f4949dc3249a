/** prune and the benches: old and many ones go with all that they ran, one that is being made or has left tasks behind stays. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { untilHolds } from "../support/shell-loops.js";
import { waitUntil } from "../support/wait-until.js";
import { makePlayground, type Playground } from "./support/cli.js";

const benches = ({ dir }: Playground): string[] => readdirSync(join(dir, ".air-executor/bench")).toSorted();

test("prune removes benches by age and count, for each job of its own, and nothing else that lies there", async (context) => {
  const playground = makePlayground(context);
  const { write, run, dir } = playground;
  write("one.json", [{ id: "a", command: "true" }]);
  write("two.json", [{ id: "a", command: "true" }]);
  const bench = ["--concurrency", "1", "--repeat", "1", "--warmup", "0", "-q"];
  for (const file of ["one.json", "one.json", "two.json"]) await run(["bench", file, ...bench]);
  const all = benches(playground);
  assert.equal(all.length, 3);
  mkdirSync(join(dir, ".air-executor/bench/notes"));
  mkdirSync(join(dir, "elsewhere"));
  writeFileSync(join(dir, "elsewhere/kept"), "");
  symlinkSync(join(dir, "elsewhere"), join(dir, ".air-executor/bench/one-1700000000"));
  const [older = "", newer = ""] = all.filter((id) => id.startsWith("one"));
  utimesSync(join(dir, ".air-executor/bench", older, "result.json"), 1e9, 1e9);
  const shown = await run(["prune", "--keep", "1", "--dry-run", "--json"]);
  const { removed } = JSON.parse(shown.stdout) as { removed: object[] };
  assert.deepEqual(removed, [
    { job: "one", run: older, is_job: false, is_bench: true, completed_at: new Date(1e12).toISOString() },
  ]);
  assert.equal(benches(playground).length, 5);
  const pruned = await run(["prune", "--older-than", "1h"]);
  assert.match(pruned.stdout, /^one {2}bench one-\d+, ended 2001-/);
  assert.match(pruned.stderr, /^1 bench removed$/m);
  assert.ok(!benches(playground).includes(older) && benches(playground).includes(newer));
  await run(["prune", "--keep", "0"]);
  assert.deepEqual(benches(playground), ["notes", "one-1700000000"]);
  assert.ok(existsSync(join(dir, "elsewhere/kept")));
});

test("a bench that has measured nothing yet is none of those that are kept", async (context) => {
  const playground = makePlayground(context);
  const { write, run, start, dir } = playground;
  write("gate", "");
  write("job.json", [{ id: "a", command: "sh", args: ["-c", `touch started; ${untilHolds("test -e gate")}`] }]);
  const bench = ["bench", "job.json", "--concurrency", "1", "--repeat", "1", "--warmup", "0", "-q"];
  assert.equal((await run(bench)).code, 0);
  const [measured] = benches(playground);
  for (const name of ["gate", "started"]) rmSync(join(dir, name));
  const making = start(bench);
  assert.ok(await waitUntil(() => existsSync(join(dir, "started"))));
  assert.match((await run(["prune", "--keep", "1"])).stderr, /^0 runs removed$/m);
  write("gate", "");
  await making.ended;
  assert.equal(benches(playground).length, 2);
  assert.match((await run(["prune", "--keep", "1"])).stderr, /^1 bench removed$/m);
  assert.ok(!benches(playground).includes(measured!));
});

test("a bench that is being made stays, and so does one that was killed, until what it started has ended", async (context) => {
  const playground = makePlayground(context);
  const { write, run, start, dir } = playground;
  write("job.json", [
    { id: "a", command: "sh", args: ["-c", `touch ${join(dir, "started")}; ${untilHolds(`test -e ${join(dir, "gate")}`)}`] },
  ]);
  const making = start(["bench", "job.json", "--concurrency", "1", "-q"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "started"))));
  assert.match((await run(["prune", "--keep", "0"])).stderr, /^0 runs removed$/m);
  making.process.kill("SIGKILL");
  await making.ended;
  const refused = await run(["prune", "--keep", "0"]);
  const way = /a task of bench "job-\d+" may still run, as its engine was killed: air-executor (cancel job --dir \S+)/.exec(
    refused.stderr,
  );
  assert.ok(way !== null, refused.stderr);
  assert.equal(benches(playground).length, 1);
  assert.equal((await run([...way[1]!.split(" "), "--grace-period", "0"])).code, 0);
  assert.match((await run(["prune", "--keep", "0"])).stderr, /^1 bench removed$/m);
  assert.deepEqual(benches(playground), []);
});
