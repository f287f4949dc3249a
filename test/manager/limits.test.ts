import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, until } from "./manager-process.js";
import { untilHolds } from "../support/shell-loops.js";

const gated = (id: string, resources: object): Record<string, unknown> => ({
  id,
  command: "sh",
  args: ["-c", `echo > ${id}.started; ${untilHolds(`[ -e ${id}.go ]`, 0.05)}`],
  dependencies: [],
  resources,
});

test("a pool of the manager is shared by all jobs, across a kill -9 of the manager", async (t) => {
  const place = new ManagedDirectory(t);
  const has = (name: string): boolean => existsSync(join(place.root, name));
  await place.start("--pool", "licence=1", "--concurrency", "4");
  place.drop("first", [gated("a", { licence: 1 })]);
  await until(() => has("a.started"), "the first job's task to hold the licence");
  place.drop("second", [gated("b", { licence: 1 }), gated("c", {})]);
  await until(() => has("c.started"), "what takes no licence to start");
  assert.equal(has("b.started"), false);
  await place.end("SIGKILL");
  await place.start("--pool", "licence=1", "--concurrency", "4");
  writeFileSync(join(place.root, "c.go"), "");
  await until(
    () => place.tasks("second").some(({ id, status }) => id === "c" && status === "completed"),
    "the next manager to be at work",
  );
  assert.equal(has("b.started"), false, "what it adopted holds the licence");
  writeFileSync(join(place.root, "a.go"), "");
  await until(() => has("b.started"), "the licence to come free");
  writeFileSync(join(place.root, "b.go"), "");
  await until(() => place.state("second")?.["state"] === "completed", "the end");
});

test("what a killed manager left running holds its pools from the start of the next one, whichever job is taken up first", async (t) => {
  const place = new ManagedDirectory(t);
  const has = (name: string): boolean => existsSync(join(place.root, name));
  await place.start("--pool", "licence=1", "--concurrency", "4");
  place.drop("z-last", [gated("a", { licence: 1 })]);
  await until(() => has("a.started"), "its first task to hold the licence");
  await place.end("SIGKILL");
  // More than are opened at the same time, all of them before that one; and so slowly that all of them take far longer than one may.
  place.drop("a-first", [gated("b", { licence: 1 }), gated("c", {})]);
  for (let index = 10; index < 60; index++) place.drop(`b-${index}`, [{ ...gated("d", {}), command: "true", args: [] }]);
  const flock = execFileSync("sh", ["-c", "command -v flock"], { encoding: "utf8" }).trim();
  writeFileSync(join(place.root, "flock"), `#!/bin/sh\nsleep 0.08\nexec '${flock}' "$@"\n`, { mode: 0o755 });
  const path = place.env["PATH"];
  place.env["PATH"] = `${place.root}:${path}`;
  await place.start("--pool", "licence=1", "--concurrency", "4");
  place.env["PATH"] = path;
  const whyFirst = (): string => place.run("status", "a-first").stdout;
  await until(() => /waits for +what was found is being taken up/.test(whyFirst()), "it to be said that nothing starts yet");
  await until(() => has("c.started"), "what takes no licence to start");
  await until(() => !/waits for +what was found/.test(whyFirst()), "that not to be said any more");
  assert.equal(has("b.started"), false, "the licence is not free");
  place.run("cancel", "z-last");
  await until(() => has("b.started"), "the licence to come free");
});

test("jobs of which tasks run are taken up first where a limit of open files leaves no room for all: they hold their pools", async (t) => {
  if (process.platform !== "linux") return t.skip("needs prlimit");
  const place = new ManagedDirectory(t);
  const has = (name: string): boolean => existsSync(join(place.root, name));
  await place.start("--pool", "licence=2", "--concurrency", "8");
  // One that has begun for a while, and one of which only the journal knows that it has.
  place.drop("y-late", [gated("y", { licence: 1 })]);
  await until(() => place.peek("y-late") === "working", "its state to be on disk");
  place.drop("z-last", [gated("z", { licence: 1 })]);
  await until(() => has("z.started"), "both to hold the licence");
  await place.end("SIGKILL");
  const free = gated("free", {});
  for (let index = 10; index < 40; index++) place.drop(`a-${index}`, [gated(`a-${index}`, { licence: 1 }), free]);
  // Room for a handful.
  place.openFiles = 76;
  await place.start("--pool", "licence=2", "--concurrency", "8");
  await until(() => has("free.started"), "what takes no licence to start");
  assert.equal(readdirSync(place.root).filter((name) => /^a-.*started$/.test(name)).length, 0, "the licence is not free");
  assert.match(place.run("status").stdout, /limit of open files/);
});

for (const isSuspect of [false, true])
  test(`so are they before jobs that have begun and of which none runs${isSuspect ? ", also where a manager died while it opened them" : ""}`, async (t) => {
    if (process.platform !== "linux") return t.skip("needs prlimit");
    const place = new ManagedDirectory(t);
    const has = (name: string): boolean => existsSync(join(place.root, name));
    await place.start("--pool", "licence=1", "--concurrency", "8");
    place.drop("z-last", [gated("z", { licence: 1 })]);
    await until(() => has("z.started"), "it to hold the licence");
    const names = Array.from({ length: 10 }, (_, index) => `a-${index}`);
    const first = { ...gated("first", {}), command: "true", args: [] };
    for (const name of names) place.drop(name, [first, { ...gated(name, { licence: 1 }), dependencies: ["first"] }]);
    const written = (name: string, file: string): number => statSync(place.path(name, file)).mtimeMs;
    const isAtRest = (name: string): boolean =>
      place.peek(name) === "working" && written(name, "state.json") > written(name, "journal.ndjson");
    await until(() => names.every(isAtRest), "the others to have begun, and to be on disk");
    await place.end("SIGKILL");
    // A line that came into a journal after the look, and starts nothing, would make it look as if something ran.
    const later = new Date(Date.now() + 1000);
    for (const name of names) utimesSync(place.path(name, "state.json"), later, later);
    if (isSuspect) appendFileSync(join(place.base, "manager.opening"), '{"begin":"z-last","fingerprint":"of it"}\n');
    const before = place.log().length;
    place.openFiles = 76;
    await place.start("--pool", "licence=1", "--concurrency", "8");
    const isGivenAway = (): boolean => names.some((name) => has(`${name}.started`));
    await until(() => place.log().slice(before).includes('job \\"z-last\\" is taken up') || isGivenAway(), "it to be taken up");
    assert.equal(isGivenAway(), false, "the licence is not free");
  });

test("a dropped job that takes what the manager does not have fails with the reason, and is taken when it is mended", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start("--concurrency", "2", "--pool", "api=1");
  place.drop("wide", [{ ...gated("a", { cpu: 3, api: 1 }), command: "true", args: [] }]);
  place.drop("other", [{ ...gated("b", {}), command: "true", args: [] }]);
  await until(() => place.state("wide")?.["state"] === "failed", "it to be refused");
  const error = String(place.state("wide")?.["error"]);
  assert.match(error, /tasks\.json[\s\S]*resources\.cpu: it takes 3 of cpu, and there is only 2/);
  await until(() => place.state("other")?.["state"] === "completed", "the other job to run");
  place.dropTasks("wide", [{ ...gated("a", { cpu: 2, api: 1 }), command: "true", args: [] }]);
  await until(() => place.state("wide")?.["state"] === "completed", "the mended job to run");
});

test("a job on record that does not fit a smaller manager waits, and the log says for what", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start("--concurrency", "4");
  place.drop("job", [gated("a", {}), { ...gated("b", { cpu: 4 }), dependencies: ["a"] }]);
  await until(() => existsSync(join(place.root, "a.started")), "it to run");
  await place.end("SIGTERM");
  await place.start("--concurrency", "2");
  const log = (): string => readFileSync(join(place.base, "manager.log"), "utf8");
  await until(
    () => log().includes("can't go on here: of one of its tasks, it takes 4 of cpu, and there is only 2"),
    "the log to say so",
  );
  assert.equal(place.state("job")?.["state"], "waiting");
  await place.end("SIGTERM");
  await place.start("--concurrency", "4");
  for (const id of ["a", "b"]) writeFileSync(join(place.root, `${id}.go`), "");
  await until(() => place.state("job")?.["state"] === "completed", "it to go on");
});
