import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { AirExecutor, listRuns, readJobFile, viewJob, viewPaths, type JobEvent, type TaskInput } from "../src/index.js";
import { root } from "./source-files.js";
import { temporaryPlace } from "./support/temporary-directory.js";
import { waitUntil } from "./support/wait-until.js";

const library = import.meta.resolve("air-executor");

async function openExecutor(t: TestContext): Promise<AirExecutor> {
  const executor = await AirExecutor.open({ dir: temporaryPlace(t).dir, concurrency: 2, graceMs: 1000 });
  t.after(() => executor.close());
  return executor;
}

/** Runs a program that uses the library, in a directory of its own; it has to end by itself. */
async function runProgram(t: TestContext, program: string): Promise<string> {
  const { root: cwd } = temporaryPlace(t);
  const file = join(cwd, "program.mjs");
  writeFileSync(file, program.replaceAll('"air-executor"', JSON.stringify(library)));
  const { AIR_EXECUTOR_DIR: _, ...env } = process.env;
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ["ignore", "pipe", "inherit"], timeout: 30_000 });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  assert.deepEqual(await once(child, "close"), [0, null], output);
  return output;
}

/** Runs until it is told to end. */
const long: TaskInput = { id: "long", command: "sleep", args: ["60"] };

test("the README's program runs as it stands and ends by itself", async (t) => {
  const program = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? "";
  assert.equal(await runProgram(t, program), "completed 2\n");
});

test("tasks that fail are data in the summary and in the files", async (t) => {
  const executor = await openExecutor(t);
  const summary = await executor.run("etl", [
    { id: "bad", command: "sh", args: ["-c", "exit 4"] },
    { id: "after", command: "true", dependencies: ["bad"] },
    { id: "clean-up", command: "true", dependencies: ["bad"], trigger_rule: "any_failed" },
  ]);
  assert.deepEqual([summary.state, summary.firstFailure, summary.isInterrupted], ["failed", "bad", false]);
  const view = viewJob(viewPaths(executor.dir, "etl"), "etl", { withTasks: true });
  assert.deepEqual(view.counts, summary.counts);
  assert.deepEqual(
    view.tasks?.map(({ status }) => status),
    ["failed", "skipped", "completed"],
  );
});

test("events come in order, from the call to the end of the job, and leaving early disturbs nothing", async (t) => {
  const executor = await openExecutor(t);
  const job = await executor.submit("observed", [
    { id: "a", command: "true" },
    { id: "b", command: "true", dependencies: ["a"] },
  ]);
  const heard: JobEvent["type"][] = [];
  const endListening = job.onEvents((events) => heard.push(...events.map(({ type }) => type)));
  for await (const event of job.events()) if (event.type === "attempt-ended") break;
  const rest: JobEvent["type"][] = [];
  for await (const { type } of job.events()) rest.push(type);
  endListening();
  assert.equal(heard.at(-1), "job-ended");
  assert.deepEqual(rest, heard.slice(-rest.length));
  assert.equal((await job.finished()).state, "completed");
  for await (const event of job.events()) assert.fail(`${event.type} came after the end`);
});

test("a listener that throws harms neither its job nor another one", async (t) => {
  const output = await runProgram(
    t,
    `import { AirExecutor } from "air-executor";
    process.on("uncaughtException", ({ message }) => console.log(message));
    const executor = await AirExecutor.open();
    const job = await executor.submit("a", [{ command: "true" }]);
    job.onEvents((events) => { if (events.some(({ type }) => type === "job-ended")) throw new Error("mine"); });
    const [a, b] = await Promise.all([job.finished(), executor.run("b", [{ command: "true" }])]);
    console.log(a.state, b.state);
    await executor.close();`,
  );
  assert.equal(output, "mine\ncompleted completed\n");
});

test("an unfinished run goes on where it stopped, unless its tasks are others or it is to begin anew", async (t) => {
  const { dir } = temporaryPlace(t);
  const tasks = [
    { id: "first", command: "true" },
    { ...long, dependencies: ["first"] },
  ];
  const before = await AirExecutor.open({ dir, graceMs: 1000 });
  const job = await before.submit("etl", tasks);
  for await (const event of job.events()) if (event.type === "attempt-started" && event.task === "long") break;
  await before.close();
  const stopped = await job.finished();
  assert.deepEqual([stopped.isInterrupted, stopped.state, stopped.counts.completed], [true, "waiting", 1]);

  const executor = await AirExecutor.open({ dir, graceMs: 1000 });
  t.after(() => executor.close());
  await assert.rejects(executor.submit("etl", [{ id: "other", command: "true" }]), { code: "AIR_CONFLICT" });
  const again = await executor.submit("etl", tasks);
  assert.equal(again.id, job.id);
  assert.equal(again.status().counts.completed, 1);
  await assert.rejects(executor.submit("etl", tasks), { code: "AIR_LOCKED", message: new RegExp(`process ${process.pid} `) });
  await again.cancel(["long"]);
  assert.equal((await again.finished()).counts.cancelled, 1);
  assert.equal((await executor.run("etl", [{ id: "other", command: "true" }], { fresh: true })).state, "completed");
  assert.deepEqual(listRuns(dir, "etl"), [job.id]);
});

test("a run whose engine was killed before it could tell of the end is told, not run again", async (t) => {
  const executor = await openExecutor(t);
  const tasks = [{ id: "a", command: "true" }];
  const { id } = await executor.run("etl", tasks);
  const state = join(executor.dir, "jobs/etl/state.json");
  // As the last snapshot before the end left it: also that of a run which was stopped before, and that of a short one, which had none.
  for (const earlier of ["working", "waiting", null]) {
    if (earlier === null) rmSync(state);
    else writeFileSync(state, readFileSync(state, "utf8").replace('"state": "completed"', `"state": "${earlier}"`));
    const told = await executor.run("etl", tasks);
    assert.deepEqual([told.id, told.state, told.isInterrupted], [id, "completed", false], String(earlier));
    assert.match(readFileSync(state, "utf8"), /"state": "completed"/);
  }
  assert.notEqual((await executor.run("etl", tasks)).id, id);
});

test("logs that lay in a dropped job are kept beside ours, also when its run is taken up a second time", async (t) => {
  const { dir } = temporaryPlace(t);
  const job = join(dir, "jobs/dropped");
  mkdirSync(join(job, "logs"), { recursive: true, mode: 0o700 });
  writeFileSync(join(job, "logs/after.log"), "theirs\n");
  writeFileSync(join(job, "state.json"), JSON.stringify({ id: "d", name: "dropped", state: "waiting", created_at: "then" }));
  const tasks = [long, { id: "after", command: "echo", args: ["ours"], dependencies: ["long"], trigger_rule: "all_done" }];
  writeFileSync(join(job, "tasks.json"), JSON.stringify(tasks));
  const before = await AirExecutor.open({ dir, graceMs: 1000 });
  await before.takeUp(job);
  await before.close();
  const executor = await AirExecutor.open({ dir, graceMs: 1000 });
  const again = await executor.takeUp(job);
  await again.cancel(["long"]);
  assert.equal((await again.finished()).counts.completed, 1);
  await executor.close();
  const logs = ["after.log", "after~0.log"].map((name) => readFileSync(join(job, "logs", name), "utf8"));
  assert.deepEqual(logs, ["ours\n", "theirs\n"]);
});

test("misuse throws with a stable code and leaves nothing behind", async (t) => {
  const executor = await openExecutor(t);
  for (const fresh of [false, true]) {
    for (const name of ["../x", "..", "", "a/b", "-x"]) {
      await assert.rejects(executor.submit(name, [], { fresh }), { code: "AIR_USAGE" });
    }
  }
  assert.deepEqual([existsSync(join(executor.dir, "x")), existsSync(join(executor.dir, "state.json"))], [false, false]);
  await assert.rejects(executor.submit("bad", [{ command: "true", dependencies: ["nobody"] }]), (error: { code: string }) => {
    assert.equal(error.code, "AIR_INVALID_JOB");
    return true;
  });
  assert.equal(existsSync(join(executor.dir, "jobs/bad")), false);
  await assert.rejects(readJobFile(join(executor.dir, "none.json")), { code: "AIR_NOT_FOUND" });
  const job = await executor.submit("ok", [long]);
  await assert.rejects(job.cancel(["long", "nobody"]), { code: "AIR_NOT_FOUND" });
  await job.cancel();
  assert.equal((await job.finished()).state, "cancelled");
  await Promise.all([executor.close(), executor.close()]);
  await assert.rejects(executor.submit("late", [long]), { code: "AIR_CLOSED" });
  assert.equal(existsSync(join(executor.dir, "jobs/late")), false);
});

test("what an executor that was stopped or closed can't do it refuses at once, and nothing is left behind", async (t) => {
  const executor = await openExecutor(t);
  const job = await executor.submit("unfinished", [long]);
  const state = (): unknown => JSON.parse(readFileSync(join(executor.dir, "jobs/unfinished/state.json"), "utf8")).state;
  const journal = (): string => readFileSync(join(executor.dir, "jobs/unfinished/journal.ndjson"), "utf8");
  for (const end of [() => executor.stop(), () => executor.close()]) {
    await end();
    const before = journal();
    const late = { id: "late", command: "true" };
    const calls: readonly (() => Promise<unknown>)[] = [
      () => executor.submit("late", [late]),
      () => executor.submit("late", [late], { fresh: true }),
      () => executor.map([1], () => late, { name: "late" }).next(),
      () => executor.takeUp(join(executor.dir, "jobs/unfinished")),
      () => executor.add("unfinished", [late]),
      () => executor.cancel("unfinished"),
      () => executor.retry("unfinished"),
      () => job.add([late]),
      () => job.cancel(),
      () => job.cancel(["long"]),
      () => job.retry(),
    ];
    // Waiting for somebody else to let go takes twice as long.
    const patience = new AbortController();
    const isLate = pause(5000, "late", { signal: patience.signal });
    for (const call of calls) {
      const refusal = await Promise.race([isLate, call().catch((error: unknown) => error)]);
      assert.equal((refusal as { code?: unknown }).code, "AIR_CLOSED", `${String(call)}: ${String(refusal)}`);
    }
    patience.abort();
    await assert.rejects(isLate, { name: "AbortError" });
    assert.deepEqual([existsSync(join(executor.dir, "jobs/late")), state(), journal()], [false, "waiting", before]);
  }
});

test("a job whose executor is stopped before it could begin is there, waits, and can be taken up", async (t) => {
  const executor = await openExecutor(t);
  const job = join(executor.dir, "jobs/early");
  const submitted = executor.submit("early", [{ id: "a", command: "true" }]);
  // Another process takes the lock for it, and then there are its files to be made.
  while (!existsSync(join(job, "lock"))) await turn();
  assert.equal(existsSync(join(job, "journal.ndjson")), false);
  await executor.stop();
  await assert.rejects(submitted, { code: "AIR_CLOSED" });
  const { state, tasks } = viewJob(viewPaths(executor.dir, "early"), "early", { withTasks: true });
  assert.deepEqual([state?.["state"], tasks?.map(({ id, status }) => [id, status])], ["waiting", [["a", "pending"]]]);
  const next = await AirExecutor.open({ dir: executor.dir });
  t.after(() => next.close());
  assert.equal((await next.run("early", [{ id: "a", command: "true" }])).state, "completed");
  assert.deepEqual(listRuns(executor.dir, "early"), []);
});

test("a job that has ended is left as it is by a late cancel, also when its executor was closed", async (t) => {
  const executor = await openExecutor(t);
  const job = await executor.submit("ended", [{ command: "true" }]);
  await job.finished();
  await job.cancel();
  await executor.close();
  await job.cancel();
  assert.equal(job.status().state, "completed");
});

test("an executor that was closed before it ran anything starts no thread for a late job", async (t) => {
  const output = await runProgram(
    t,
    `import { AirExecutor } from "air-executor";
    const executor = await AirExecutor.open();
    await executor.close();
    const refusals = await Promise.allSettled([
      executor.submit("late", [{ command: "true" }]),
      executor.map([1], () => ({ command: "true" })).next(),
      executor.takeUp(".air-executor/jobs/late"),
    ]);
    console.log(refusals.map(({ reason }) => reason.code).join(" "));`,
  );
  assert.equal(output, "AIR_CLOSED AIR_CLOSED AIR_CLOSED\n");
});

test("an option that makes no sense is told with what was expected, also to callers without a compiler", async (t) => {
  const { dir } = temporaryPlace(t);
  const wrong: readonly Record<string, unknown>[] = [
    { dir: "" },
    { dir: 5 },
    { dir: "a\0b" },
    { concurrency: 0 },
    { concurrency: 1e12 },
    { graceMs: "5" },
    { graceMs: Infinity },
    { graceMs: 1e10 },
    { patienceMs: Number.NaN },
    { durability: "much" },
    { onWarning: 5 },
  ];
  for (const options of wrong) {
    const [name] = Object.keys(options);
    const expected = { code: "AIR_USAGE", message: new RegExp(`^${name}: expected .*, got `) };
    await assert.rejects(AirExecutor.open({ dir, ...options }), expected);
  }
  assert.equal(existsSync(dir), false);
});

test("a grace period is any part of a millisecond: what runs begins, and a stop ends it", async (t) => {
  const executor = await AirExecutor.open({ dir: temporaryPlace(t).dir, graceMs: 1000 / 3 });
  const job = await executor.submit("part", [
    { id: "first", command: "true" },
    { ...long, dependencies: ["first"] },
  ]);
  const hasBegun = (): boolean => job.running().some(({ task }) => task === long.id);
  const isRunning = await waitUntil(hasBegun);
  await executor.stop({ graceMs: 0.5 });
  assert.deepEqual([isRunning, (await job.finished()).state], [true, "waiting"]);
  await executor.close();
});

test("what a caller changes after a call changes no task, on record or as it runs", async (t) => {
  const executor = await openExecutor(t);
  const task = { id: "said", command: "sh", args: ["-c", "echo $WORD $0", "first"], env: { WORD: "one" } };
  const job = await executor.submit("changed", [task]);
  [task.args[2], task.env.WORD] = ["changed", "changed"];
  await job.finished();
  const said = [readFileSync(join(executor.dir, "jobs/changed/logs/said.log"), "utf8")];
  // One list for all tasks, filled in anew each time.
  const args = ["-c", "echo $0", ""];
  const toTask = (word: string): TaskInput => {
    args[2] = word;
    return { command: "sh", args };
  };
  for await (const { input, log } of executor.map(["a", "b", "c"], toTask)) said.push(`${input}: ${readFileSync(log!, "utf8")}`);
  assert.deepEqual(said.toSorted(), ["a: a\n", "b: b\n", "c: c\n", "one first\n"]);
});

test("a directory that was removed under the program is named in a sentence", async (t) => {
  const { dir } = temporaryPlace(t);
  const url = new URL("../src/index.js", import.meta.url);
  const script = `import { mkdirSync, rmdirSync } from "node:fs";
    import { AirExecutor } from ${JSON.stringify(url)};
    mkdirSync(process.argv[1]);
    process.chdir(process.argv[1]);
    rmdirSync(process.argv[1]);
    await AirExecutor.open().catch(({ code, message }) => console.log(code, message));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script, dir], { stdio: ["ignore", "pipe", "inherit"] });
  const output = await child.stdout.setEncoding("utf8").toArray();
  assert.equal(output.join(""), "AIR_SYSTEM the current directory was removed: change to one that is there and try again\n");
});

test("a call that makes no sense is told likewise, and nothing is made", async (t) => {
  const executor = await openExecutor(t);
  const job = await executor.submit("there", [long]);
  const echo = (): TaskInput => ({ command: "true" });
  const calls: readonly (readonly [(wrong: never) => unknown, unknown, RegExp])[] = [
    [(wrong) => AirExecutor.open(wrong), null, /^options: expected an object, got null$/],
    [(wrong) => AirExecutor.open(wrong), 5, /^options: expected an object, got 5$/],
    [(wrong) => AirExecutor.open(wrong), { concurency: 3 }, /^concurency: there is no such option: did you mean concurrency\?$/],
    [(wrong) => AirExecutor.open(wrong), { colour: 3 }, /^colour: there is no such option: expected dir, concurrency, /],
    [(wrong) => executor.submit("late", [], wrong), null, /^options: /],
    [(wrong) => executor.submit("late", [], wrong), { cwd: 5 }, /^cwd: expected the path of a directory, got 5$/],
    [(wrong) => executor.submit("late", [], wrong), { fresh: "yes" }, /^fresh: expected true or false, got 'yes'$/],
    [(wrong) => executor.submit("late", [], wrong), { refresh: true }, /^refresh: .*did you mean fresh\?$/],
    [(wrong) => executor.submit("late", [], wrong), { owner: "map" }, /^owner: /],
    [(wrong) => executor.map([1], echo, wrong), null, /^options: /],
    [(wrong) => executor.map([1], echo, wrong), { env: null }, /^env: expected an object of strings, got null$/],
    [
      (wrong) => executor.map([1], echo, wrong),
      { env: { "A=B": "c" } },
      /^env\.A=B: expected a variable's name without "=" and NUL, /,
    ],
    [(wrong) => executor.map([1], echo, wrong), { delayMs: 1e10 }, /^delayMs: expected milliseconds from 0 to 2147483647, got /],
    [(wrong) => executor.map([1], echo, wrong), { cwd: 5 }, /^cwd: /],
    [(wrong) => executor.map([1], echo, wrong), { windw: 5 }, /^windw: .*did you mean window\?$/],
    [(wrong) => executor.map([1], echo, wrong).next(), { name: 5 }, /^expected a job name /],
    [(wrong) => executor.report(wrong), undefined, /^job: expected a name, or what bench gave, got undefined$/],
    [(wrong) => executor.report("there", wrong), null, /^options: /],
    [(wrong) => executor.report("there", wrong), { run: 5 }, /^run: expected the id of a run, got 5$/],
    [(wrong) => executor.bench([], wrong), null, /^options: expected an object, got null$/],
    [(wrong) => executor.takeUp(wrong), undefined, /^dir: expected the path of a directory, got undefined$/],
    [(wrong) => executor.add(wrong, [{ command: "true" }]), undefined, /^expected a job name /],
    [(wrong) => executor.cancel(wrong), undefined, /^expected a job name /],
    [(wrong) => executor.cancel("there", wrong), "long", /^tasks: expected a list of ids, got 'long'$/],
    [(wrong) => executor.retry("there", wrong), null, /^options: /],
    [(wrong) => executor.retry("there", wrong), { task: ["long"] }, /^task: .*did you mean tasks\?$/],
    [(wrong) => executor.retry("there", wrong), { tasks: null }, /^tasks: expected a list of ids, got null$/],
    [(wrong) => executor.retry("there", wrong), { from: 5 }, /^from: expected the id of a task, got 5$/],
    [(wrong) => executor.remove(wrong), undefined, /^expected a job name /],
    [(wrong) => executor.stop(wrong), { graceMs: "5" }, /^graceMs: /],
    [(wrong) => job.cancel(wrong), "abc", /^tasks: expected a list of ids, got 'abc'$/],
    [(wrong) => job.cancel(wrong), [5], /^tasks: /],
    [(wrong) => job.retry(wrong), null, /^options: /],
  ];
  for (const [call, wrong, message] of calls) {
    // Some throw from the call and some reject: `map` gives no promise.
    await assert.rejects(async () => call(wrong as never), { code: "AIR_USAGE", message }, String(call));
  }
  assert.equal(existsSync(join(executor.dir, "jobs/late")), false);
});

test("prune wants an age or a count: a policy that says neither, or makes no sense, removes nothing", async (t) => {
  const executor = await openExecutor(t);
  const { id } = await executor.run("ended", [{ command: "true" }]);
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^options: expected an object, got undefined$/],
    [{}, /^options: expected olderThanMs, keep, or both, got \{\}$/],
    [{ olderThanMs: undefined }, /^options: expected olderThanMs, keep, or both/],
    [{ dryRun: false }, /^options: expected olderThanMs, keep, or both/],
    [{ olderThan: 5, keep: 0 }, /^olderThan: there is no such option: did you mean olderThanMs\?$/],
    [{ olderThanMs: -1 }, /^olderThanMs: expected milliseconds of at least 0, got -1$/],
    [{ olderThanMs: Number.NaN }, /^olderThanMs: /],
    [{ olderThanMs: "0" }, /^olderThanMs: /],
    [{ keep: -1 }, /^keep: expected a whole number of at least 0, got -1$/],
    [{ keep: 0.5 }, /^keep: /],
    [{ keep: 0, dryRun: "yes" }, /^dryRun: expected true or false, got 'yes'$/],
  ];
  for (const [policy, message] of wrong) {
    await assert.rejects(executor.prune(policy as { keep: number }), { code: "AIR_USAGE", message });
  }
  assert.equal(existsSync(join(executor.dir, "jobs/ended/state.json")), true);
  const pruned = await executor.prune({ keep: 0 });
  assert.deepEqual(
    pruned.map(({ run }) => run),
    [id],
  );
});
