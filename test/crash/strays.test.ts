import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { AirExecutor } from "../../src/index.js";
import { describeEnd, Engine, failureOf, warningsOf, type EngineEnd, type EngineOptions } from "../support/engine.js";
import { runnersOf, signal } from "../support/processes.js";
import { linger, untilHolds } from "../support/shell-loops.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";

const ENDED_FIRST = /job "long": a task of an earlier run, whose record is gone, was still running, and was ended first/;

/** A task that runs until `go` is called, and its engine, which can be killed. */
async function longRuns(t: TestContext, { leavesBehind = ":", through = (dir: string) => dir } = {}) {
  const { dir, witness } = temporaryPlace(t);
  const middle = `${untilHolds(`[ -e ${witness}.go ]`, 0.01)}; ${leavesBehind}`;
  const tasks = [{ id: "task", ...witnessed(witness, middle) }];
  const run = (options: EngineOptions = {}): Engine => new Engine(dir, "long", tasks, options);
  const engine = new Engine(through(dir), "long", tasks);
  assert.ok(await waitUntil(() => readWitness(witness).length === 1));
  assert.ok(await waitUntil(() => existsSync(join(dir, "jobs", "long", "state.json"))));
  return {
    dir,
    tasks,
    run,
    runners: runnersOf(dir),
    kill: async () => (engine.kill("SIGKILL"), void (await engine.ended)),
    go: () => writeFileSync(`${witness}.go`, ""),
    count: (event: "start" | "end") => readWitness(witness).filter(({ what }) => what === event).length,
  };
}

const isCompleted = (end: EngineEnd): void => assert.equal(end.code, 0, describeEnd(end));

/** The next run of it begins its task anew, and not before the one that runs was ended. */
async function isEndedFirst(
  { run, count, go }: Awaited<ReturnType<typeof longRuns>>,
  options: EngineOptions = {},
): Promise<void> {
  const next = run(options);
  assert.ok(await waitUntil(() => count("start") === 2));
  go();
  const end = await next.ended;
  isCompleted(end);
  assert.match(warningsOf(end).join(), ENDED_FIRST);
  assert.equal(count("end"), 1, "the one before was ended");
}

test("a task that has outlived its runner is ended before its removed job begins anew, whoever ran beside it", async (t) => {
  const long = await longRuns(t);
  const { dir, runners, kill } = long;
  await kill();
  for (const pid of runners) signal(pid, "SIGKILL");
  rmSync(join(dir, "jobs", "long"), { recursive: true });
  isCompleted(await new Engine(dir, "other", [{ command: "true" }]).ended);
  await isEndedFirst(long);
});

test("what a task has left behind is left alone by an engine that had seen the task run before another took it up", async (t) => {
  const pidFile = join(temporaryPlace(t).root, "pid");
  const leavesBehind = `[ -e ${pidFile} ] || { setsid sh -c '${linger(1)}' </dev/null >/dev/null 2>&1 & echo $! >${pidFile}; }`;
  const { dir, tasks, run, kill, go } = await longRuns(t, { leavesBehind });
  const warnings: string[] = [];
  await kill();
  const executor = await AirExecutor.open({ dir, onWarning: (message) => warnings.push(message) });
  t.after(() => executor.close());
  await (await executor.submit("other", [{ command: "true" }])).finished();
  go();
  isCompleted(await run().ended);
  await (await executor.submit("long", tasks)).finished();
  assert.deepEqual(warnings, []);
  assert.ok(existsSync(`/proc/${readFileSync(pidFile, "utf8").trim()}`), "it was ended");
});

test("a task of a killed engine is ended before its job begins anew also where all of the directory was removed", async (t) => {
  const long = await longRuns(t);
  await long.kill();
  rmSync(long.dir, { recursive: true });
  await isEndedFirst(long);
});

test("a task of a killed engine is known by whichever path its directory was named", async (t) => {
  const through = (dir: string): string => {
    symlinkSync(dirname(dir), `${dir}.link`);
    return join(`${dir}.link`, basename(dir));
  };
  const long = await longRuns(t, { through });
  await long.kill();
  rmSync(join(long.dir, "jobs", "long"), { recursive: true });
  await isEndedFirst(long);
});

test("an engine that has no handle to see which spools are left waits for one", async (t) => {
  const long = await longRuns(t);
  await long.kill();
  rmSync(join(long.dir, "jobs", "long"), { recursive: true });
  const fault = { kind: "fail", call: "readdirSync", place: "lanes", code: "EMFILE", nth: 1, times: 1 } as const;
  await isEndedFirst(long, { faults: [fault] });
});

test("a run that is refused since a journal that might name what runs can't be read says which", async (t) => {
  const { dir, run, kill } = await longRuns(t);
  await kill();
  rmSync(join(dir, "jobs", "long"), { recursive: true });
  const journal = join(dir, "jobs", "other", "journal.ndjson");
  mkdirSync(dirname(journal));
  writeFileSync(journal, "no journal\n");
  const end = await run().ended;
  assert.equal(end.code, 3, describeEnd(end));
  assert.match(failureOf(end)!.message, new RegExp(`may still run, though no record names them: .*${journal}`));
});

test("a copy of a spool lets nobody take what the spool itself is named for as unknown", async (t) => {
  const { dir, run, kill, go, count } = await longRuns(t);
  await kill();
  const lanes = join(dir, "lanes");
  for (const name of readdirSync(lanes)) copyFileSync(join(lanes, name), join(lanes, name.replace(/-\d+\./, "-77.")));
  const next = run();
  await next.said("taken");
  go();
  isCompleted(await next.ended);
  assert.equal(count("start"), 1);
});

test("what runs of a directory that was moved away is left to it where a copy is in its place", async (t) => {
  const { dir, run, kill, go, count } = await longRuns(t);
  await kill();
  const old = `${dir}.old`;
  renameSync(dir, old);
  cpSync(old, dir, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  rmSync(join(dir, "jobs", "long"), { recursive: true });
  const next = run();
  assert.ok(await waitUntil(() => count("start") === 2));
  go();
  for (const engine of [next, new Engine(old, "long", [], { takeUp: true })]) isCompleted(await engine.ended);
  assert.equal(count("end"), 2, "none was ended");
  assert.equal(count("start"), 2);
});
