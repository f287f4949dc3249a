import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, until } from "./manager-process.js";
import { busyRunnersOf, signal } from "../support/processes.js";
import { untilHolds } from "../support/shell-loops.js";

const JOBS = 50;
const NAMES = Array.from({ length: JOBS }, (_, index) => `job-${index}`);

test("with more jobs than the limit of open files has room for, a runner that dies is replaced, and all jobs end", async (t) => {
  if (process.platform !== "linux") return t.skip("needs prlimit");
  const place = new ManagedDirectory(t);
  const { pid } = await place.start("--concurrency", "2");
  execFileSync("prlimit", [`--pid=${pid}`, "--nofile=96:"]);
  const [gate, begun] = [join(place.root, "gate"), join(place.root, "begun")];
  const script = `echo >> '${begun}'; ${untilHolds(`[ -e '${gate}' ]`, 0.05)}`;
  for (const name of NAMES) place.drop(name, [{ id: "a", command: "sh", args: ["-c", script], dependencies: [] }]);
  const status = (): { jobs: { waits_for: string | null }[] } => JSON.parse(place.run("status", "--json").stdout) as never;
  await until(
    () => existsSync(begun) && status().jobs.some(({ waits_for: why }) => /limit of open files/.test(why ?? "")),
    "what has no room to be named",
  );
  assert.ok(readdirSync(`/proc/${pid}/fd`).length < 80, "some are kept back");
  const opened = readFileSync(join(place.base, "manager.opening"), "utf8").matchAll(/"begin":"([^"]*)"/g);
  assert.ok(new Set(Array.from(opened, ([, name]) => name)).size < 20, "what has no room is not opened");
  const [runner] = busyRunnersOf(place.base);
  signal(runner!, "SIGKILL");
  writeFileSync(gate, "");
  await until(() => NAMES.every((name) => place.peek(name) === "completed"), "all to end");
});

test("of each of very many jobs that wait for room it is said, also where not all can be named", async (t) => {
  if (process.platform !== "linux") return t.skip("needs prlimit");
  const place = new ManagedDirectory(t);
  const { pid } = await place.start("--concurrency", "2");
  execFileSync("prlimit", [`--pid=${pid}`, "--nofile=96:"]);
  const gate = join(place.root, "gate");
  const names = Array.from({ length: 120 }, (_, index) => `job-${index}`);
  const script = untilHolds(`[ -e '${gate}' ]`, 0.05);
  for (const name of names) place.drop(name, [{ id: "a", command: "sh", args: ["-c", script], dependencies: [] }]);
  type Told = { jobs: { state: string; waits_for: string | null }[] };
  const silent = (): number =>
    (JSON.parse(place.run("status", "--json").stdout) as Told).jobs.filter(
      ({ waits_for: why }) => !/limit of open files/.test(why ?? ""),
    ).length;
  // Those that are open.
  await until(() => silent() < 20, "all that have no room to be told of");
  writeFileSync(gate, "");
  await until(() => names.every((name) => place.peek(name) === "completed"), "all to end");
  assert.equal(silent(), names.length);
});
