import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readPicture } from "../../src/store/journal/recovery.js";
import { jobPaths } from "../../src/store/layout.js";
import { atGate, makePlace, run, until, type Place } from "./support.js";

/** The way of the guide's users: read, append, write back, in place and indented. Reads again what it finds half-written. */
const append = `
import { readFileSync, writeFileSync } from "node:fs";
const [path, prefix, count] = process.argv.slice(1);
for (let number = 0; number < Number(count); number++) {
  for (;;) {
    try {
      const tasks = JSON.parse(readFileSync(path, "utf8"));
      const created_at = "2026-01-01T00:00:00." + String(number).padStart(6, "0") + "+00:00";
      tasks.push({ id: prefix + number, job_name: "job", command: "true", args: [], dependencies: ["hold"], status: "pending",
        created_at, started_at: null, completed_at: null, error: null });
      writeFileSync(path, JSON.stringify(tasks, null, 2));
      break;
    } catch (error) {
      // Half written, or not there yet: the first one may come up to a second after the first start.
      if (!(error instanceof SyntaxError) && error.code !== "ENOENT") throw error;
    }
  }
  await new Promise((done) => setTimeout(done, Math.random() * 30));
}`;

/** Whether the engine has written a task down: nobody else says how many attempts there were. */
const isTaken = ({ tasks }: Place, id: string): boolean => tasks().some((task) => task.id === id && task.attempts !== undefined);

const tasksFile = ({ jobDir }: Place): string => join(jobDir(), "tasks.json");

test("nothing is lost of what is appended while the engine writes: no task, no status, no time of creation", async (context) => {
  const place = await makePlace(context);
  const busy = Array.from({ length: 300 }, (_, index) => ({ id: `busy-${index}`, command: "sleep", args: ["0.02"] }));
  const { ended } = await place.runElsewhere([atGate("hold"), ...busy]);
  const writer = spawn(process.execPath, ["--input-type=module", "-e", append, tasksFile(place), "new-", "60"], {
    stdio: "inherit",
  });
  assert.deepEqual(await once(writer, "exit"), [0, null]);
  const wanted = Array.from({ length: 60 }, (_, number) => `new-${number}`);
  await until(() => wanted.every((id) => isTaken(place, id)));
  place.openGate();
  assert.equal((await ended).code, 0);
  const tasks = place.tasks();
  assert.equal(tasks.length, 361);
  assert.ok(tasks.every(({ status, attempts }) => status === "completed" && attempts === 1));
  assert.deepEqual(
    tasks.filter(({ id }) => id.startsWith("new-")).map(({ created_at }) => created_at),
    wanted.map((_, number) => `2026-01-01T00:00:00.${String(number).padStart(6, "0")}+00:00`),
  );
  assert.equal(place.state()["warnings"], undefined);
});

test("a task that appends to the tasks of its own job as its last act is not too late", async (context) => {
  const place = await makePlace(context);
  const { ended } = await place.runElsewhere([
    { id: "hold", command: process.execPath, args: ["--input-type=module", "-e", append, tasksFile(place), "child-", "1"] },
  ]);
  assert.equal((await ended).code, 0);
  assert.deepEqual(place.statuses(), { hold: "completed", "child-0": "completed" });
});

test("what was taken in from the file is on record before the file is replaced", async (context) => {
  const place = await makePlace(context);
  const { process: engine, ended } = await place.runElsewhere([atGate("hold")]);
  const writer = spawn(process.execPath, ["--input-type=module", "-e", append, tasksFile(place), "new-", "1"], {
    stdio: "inherit",
  });
  await once(writer, "exit");
  await until(() => isTaken(place, "new-0"));
  engine.kill("SIGKILL");
  await ended;
  assert.ok(readPicture(jobPaths(place.jobDir()))!.picture.ids.has("new-0"));
});

test("edits and removals of tasks are ignored, shown and kept aside; new tasks beside them are taken", async (context) => {
  const place = await makePlace(context);
  const { ended } = await place.runElsewhere([atGate("hold"), run("a", "true", ["hold"]), run("b", "true", ["hold"])]);
  const path = tasksFile(place);
  const before = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>[];
  const written = [before[0], { ...before[1], command: "false" }, { ...before[0], id: "new", command: "true", args: [] }];
  // Removals count once everybody has had the time to see the tasks.
  await until(() => Date.now() - Date.parse(String(place.state()["started_at"])) > 2500);
  writeFileSync(path, JSON.stringify(written));
  // Two files, replaced one after the other.
  await until(() => place.tasks().length === 4 && place.state()["warnings"] !== undefined);
  assert.deepEqual(place.state()["warnings"], [
    'task "a" was changed in tasks.json: that counts when it is retried',
    'task "b" was taken out of tasks.json: it stays in the job',
  ]);
  assert.deepEqual(JSON.parse(readFileSync(`${path}.rejected`, "utf8")), written);
  place.openGate();
  assert.equal((await ended).code, 0);
  assert.deepEqual(place.statuses(), { hold: "completed", a: "completed", b: "completed", new: "completed" });
});

test("an edit of a task counts when it is retried, while its job runs and after its end, also if the engine was killed between", async (context) => {
  const place = await makePlace(context);
  const path = tasksFile(place);
  const edit = (id: string, command: string): void => {
    const others = place.tasks().filter((task) => task.id !== id);
    const task = place.tasks().find((each) => each.id === id);
    writeFileSync(path, JSON.stringify([...others, { ...task, command }]));
  };
  const { process: engine, ended } = await place.runElsewhere([
    run("a", "false"),
    run("b", "false"),
    run("c", "false"),
    atGate("hold"),
  ]);
  await until(() => ["a", "b", "c"].every((id) => place.statuses()[id] === "failed"));
  edit("a", "true");
  await place.executor.retry("job", { tasks: ["a"] });
  await until(() => place.statuses()["a"] === "completed");
  edit("b", "true");
  await until(() => String(place.state()["warnings"]).includes('task "b" was changed') && place.tasks()[1]!.command === "false");
  await place.executor.retry("job", { tasks: ["b"] });
  await until(() => place.statuses()["b"] === "completed");
  edit("c", "true");
  await until(() => String(place.state()["warnings"]).includes('task "c" was changed') && place.tasks()[2]!.command === "false");
  engine.kill("SIGKILL");
  await ended;
  place.openGate();
  const { job } = await place.executor.retry("job", { tasks: ["c"] });
  assert.equal((await job!.finished()).state, "completed");
  assert.deepEqual(
    place
      .tasks()
      .map(({ command, attempts }) => [command, attempts])
      .slice(0, 3),
    [
      ["true", 2],
      ["true", 2],
      ["true", 2],
    ],
  );
});

test("of new tasks the faulty ones are refused with their place and reason, and those behind them; others are taken", async (context) => {
  const place = await makePlace(context);
  const { ended } = await place.runElsewhere([atGate("hold")]);
  const path = tasksFile(place);
  const before = JSON.parse(readFileSync(path, "utf8")) as object[];
  const added = [
    run("fine", "true"),
    run("lost", "true", ["holt"]),
    run("behind", "true", ["lost"]),
    run("one", "true", ["two"]),
    run("two", "true", ["one"]),
    { id: "odd", command: 7 },
  ];
  writeFileSync(path, JSON.stringify([...before, ...added]));
  await until(() => isTaken(place, "fine") && place.state()["warnings"] !== undefined);
  assert.deepEqual(Object.keys(place.statuses()), ["hold", "fine"]);
  const warnings = (place.state()["warnings"] as string[]).join("\n");
  for (const part of [/\("lost"\).*: unknown dependency "holt"/, /\("behind"\)/, /one → two → one/, /\("odd"\)\.command/])
    assert.match(warnings, part);
  place.openGate();
  await ended;
});

test("a file that is no list of tasks is left alone while somebody may be writing it, then kept aside and made again", async (context) => {
  const place = await makePlace(context);
  const { ended } = await place.runElsewhere([
    atGate("hold"),
    ...Array.from({ length: 20 }, (_, index) => ({ id: `t${index}`, command: "sleep", args: ["0.1"] })),
  ]);
  const path = tasksFile(place);
  const half = readFileSync(path, "utf8").slice(0, 40);
  const writtenAt = performance.now();
  writeFileSync(path, half);
  while (performance.now() - writtenAt < 1500) {
    assert.equal(readFileSync(path, "utf8"), half);
    await new Promise((done) => setTimeout(done, 50));
  }
  await until(() => existsSync(`${path}.rejected`));
  await until(() => readFileSync(path, "utf8").endsWith("]\n"));
  assert.equal(readFileSync(`${path}.rejected`, "utf8"), half);
  place.openGate();
  assert.equal((await ended).code, 0);
  assert.equal(place.tasks().length, 21);
});

test("a file that was taken away, or a link in its place, is replaced by ours, and nothing is written through the link", async (context) => {
  const place = await makePlace(context);
  const { ended } = await place.runElsewhere([atGate("hold")]);
  const path = tasksFile(place);
  unlinkSync(path);
  await until(() => existsSync(path));
  place.write("elsewhere", "precious");
  symlinkSync(join(place.dir, "elsewhere"), `${path}.link`);
  renameSync(`${path}.link`, path);
  await until(() => readFileSync(path, "utf8") !== "precious");
  assert.equal(readFileSync(join(place.dir, "elsewhere"), "utf8"), "precious");
  place.openGate();
  assert.equal((await ended).code, 0);
});

test("tasks appended to an ended job are run when its directory is, and edits of others stay where they are", async (context) => {
  const { executor, jobDir, tasks, ...place } = await makePlace(context);
  await executor.run("job", [run("a", "true"), run("b", "false")], { cwd: place.dir });
  const path = join(jobDir(), "tasks.json");
  const edited = readFileSync(path, "utf8").replace('"command":"false"', '"command":"true"');
  writeFileSync(path, edited);
  assert.equal((await (await executor.takeUp(jobDir())).finished()).durationMs, 0, "an edit alone reopens nothing");
  assert.equal(readFileSync(path, "utf8"), edited);
  const list = JSON.parse(edited) as object[];
  writeFileSync(path, JSON.stringify([...list, { id: "c", command: "true", dependencies: ["a"] }]));
  const { state, counts } = await (await executor.takeUp(jobDir())).finished();
  assert.deepEqual([state, counts.completed, counts.failed], ["failed", 2, 1]);
  assert.deepEqual(
    tasks().map(({ attempts }) => attempts),
    [1, 1, 1],
  );
});

test("tasks that look like another run's wait for its state.json, and don't run in the ended one", async (context) => {
  const { executor, jobDir, dir, tasks } = await makePlace(context);
  await executor.run("job", [run("a", "true")], { cwd: dir });
  const path = join(jobDir(), "tasks.json");
  writeFileSync(path, JSON.stringify([{ id: "other", command: "true", created_at: "2030-01-01T00:00:00Z" }]));
  const taken = executor.takeUp(jobDir());
  writeFileSync(
    join(jobDir(), "state.json"),
    JSON.stringify({ id: "job-2", name: "job", state: "waiting", created_at: "2030-01-01T00:00:00Z" }),
  );
  const { id, counts } = await (await taken).finished();
  assert.deepEqual([id, counts.total], ["job-2", 1]);
  assert.deepEqual(
    tasks().map((task) => task.id),
    ["other"],
  );
});

test("an appended matrix is taken in as the tasks that it stands for, and one that is wrong keeps no other from it", async (context) => {
  const place = await makePlace(context);
  const { ended } = await place.runElsewhere([atGate("hold")]);
  await until(() => isTaken(place, "hold"));
  const tasks: unknown[] = JSON.parse(readFileSync(tasksFile(place), "utf8")) as unknown[];
  tasks.push(
    { id: "bad-{n}", command: "true", matrix: { n: [] } },
    { id: "p-{n}", command: "echo", args: ["{n}"], dependencies: ["hold"], matrix: { n: "1..2" } },
    { id: "after", command: "true", dependencies: ["p-{n}"] },
  );
  writeFileSync(tasksFile(place), JSON.stringify(tasks));
  await until(() => isTaken(place, "after"));
  place.openGate();
  assert.equal((await ended).code, 0);
  assert.deepEqual(
    place.tasks().map(({ id, status }) => [id, status]),
    [
      ["hold", "completed"],
      ["p-1", "completed"],
      ["p-2", "completed"],
      ["after", "completed"],
    ],
  );
  const { warnings } = JSON.parse(readFileSync(join(place.jobDir(), "state.json"), "utf8")) as { warnings: string[] };
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /tasks\[1\] \("bad-\{n\}"\)\.matrix\.n: expected at least one value/);
});
