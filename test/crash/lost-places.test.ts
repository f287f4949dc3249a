import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import type { TaskInput } from "../../src/index.js";
import { openDropped } from "../../src/store/directory/job-directory.js";
import type { OpenedJob } from "../../src/store/directory/opened-job.js";
import { readHistory } from "../../src/store/history/read-history.js";
import { jobPaths } from "../../src/store/layout.js";
import { fitsItself } from "../../src/store/text/demand-faults.js";
import { lookAtLock } from "../../src/system/lock/lock-look.js";
import { describeEnd, Engine, failureOf, warningsOf, type EngineEnd, type EngineOptions } from "../support/engine.js";
import { judgeRun } from "../support/judge-run.js";
import { areGone } from "../support/processes.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { untilHolds } from "../support/shell-loops.js";

const EXPECTED = [
  { id: "first", dependencies: [], status: "completed", attempts: 1 },
  { id: "left", dependencies: ["first"], status: "completed", attempts: 1 },
  { id: "right", dependencies: ["first"], status: "completed", attempts: 1 },
] as const;

/** A job whose first task runs until `go` is called. */
async function firstRuns(t: TestContext, options: EngineOptions = {}) {
  const { dir, witness } = temporaryPlace(t);
  const tasks = EXPECTED.map(({ id, dependencies }) => ({
    id,
    dependencies,
    ...witnessed(witness, untilHolds(`[ -e ${witness}.go ]`, 0.01)),
  }));
  const engine = new Engine(dir, "places", tasks, options);
  assert.ok(await waitUntil(() => readWitness(witness).length > 0));
  assert.ok(await waitUntil(() => existsSync(join(dir, "jobs", "places", "logs", "first.log"))));
  const started = (): string[] => readWitness(witness).flatMap(({ what, task }) => (what === "start" ? [task] : []));
  return { dir, witness, tasks, engine, started, job: join(dir, "jobs", "places"), go: () => writeFileSync(`${witness}.go`, "") };
}

/** A second engine, which comes while the first is stopped: one that is let in starts the first task again. */
async function isRefused(dir: string, witness: string, tasks: readonly TaskInput[]): Promise<void> {
  const other = new Engine(dir, "places", tasks);
  await Promise.race([other.said("failure"), waitUntil(() => readWitness(witness).length > 1)]);
  other.kill("SIGKILL");
  const end = await other.ended;
  assert.equal(failureOf(end)?.code, "AIR_LOCKED", describeEnd(end));
}

/** A file in the place of the directory: no log can be made, whoever asks. */
function takeAway(path: string): void {
  // A copy: who has the directory open must not write into it elsewhere.
  cpSync(path, `${path}.away`, { recursive: true });
  rmSync(path, { recursive: true });
  writeFileSync(path, "");
}

function bringBack(path: string): void {
  rmSync(path);
  renameSync(`${path}.away`, path);
}

const isCompleted = (end: EngineEnd): void => assert.equal(end.code, 0, describeEnd(end));

test("while logs/ takes no file tasks wait, that is said once, and they go on when it does", async (t) => {
  const { dir, witness, engine, job, started, go } = await firstRuns(t);
  takeAway(join(job, "logs"));
  go();
  await engine.said("warning");
  assert.deepEqual(started(), ["first"]);
  bringBack(join(job, "logs"));
  const end = await engine.ended;
  isCompleted(end);
  const [trouble, mended, ...more] = warningsOf(end);
  assert.match(trouble!, /^job "places": its logs can't be written \(.*\/logs: .*\); nothing new is started until they can$/);
  assert.match(mended!, /^job "places": the disk takes its logs again, going on$/);
  assert.deepEqual(more, []);
  assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, []);
});

test("an engine whose logs/ takes no file for good gives up, and a later one finishes the job", async (t) => {
  const { dir, witness, engine, job, tasks, go } = await firstRuns(t, { patienceMs: 300 });
  takeAway(join(job, "logs"));
  go();
  const end = await engine.ended;
  assert.equal(end.code, 3, describeEnd(end));
  assert.equal(failureOf(end)?.code, "AIR_DISK");
  assert.match(failureOf(end)!.message, /its logs could not be written for too long \(.*\/logs: .*It is unfinished/);
  bringBack(join(job, "logs"));
  isCompleted(await new Engine(dir, "places", tasks).ended);
  assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, []);
});

const BLOCKS = {
  file: (path: string) => writeFileSync(path, "of a checkout\n"),
  directory: (path: string) => mkdirSync(join(path, "within"), { recursive: true }),
  link: (path: string) => symlinkSync("/dev/null", path),
};

for (const [what, put] of Object.entries(BLOCKS)) {
  test(`a ${what} that comes into the place of a log while the job runs is moved aside, and the task runs`, async (t) => {
    const { dir, witness, engine, job, go } = await firstRuns(t);
    put(join(job, "logs", "left.log"));
    go();
    const end = await engine.ended;
    isCompleted(end);
    assert.match(warningsOf(end)[0]!, /its logs can't be written \(something is in the place of .*left\.log: EEXIST\); /);
    assert.equal(readFileSync(join(job, "logs", "left.log"), "utf8"), "attempt 1\n");
    assert.ok(lstatSync(join(job, "logs", "left~0.log")));
    assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, []);
  });
}

for (const isAdopted of [false, true]) {
  const who = isAdopted ? "the engine that takes its job up" : "its engine";
  test(`what a task wrote that removes logs/ before its log has its name is lost, and ${who} says so`, async (t) => {
    const { dir, witness } = temporaryPlace(t);
    const removes = `rm -r ${dir}/jobs/places/logs; echo lost; ${untilHolds(`[ -e ${witness}.go ]`, 0.01)}`;
    const tasks = [{ id: "first", ...witnessed(witness, removes) }];
    const engine = new Engine(dir, "places", tasks);
    assert.ok(await waitUntil(() => readWitness(witness).length > 0));
    if (isAdopted) engine.kill("SIGKILL");
    const next = isAdopted ? (await engine.ended, new Engine(dir, "places", tasks)) : engine;
    writeFileSync(`${witness}.go`, "");
    const end = await next.ended;
    isCompleted(end);
    assert.match(warningsOf(end).join(), /what task "first" wrote is lost: its log could not be put in its place \(ENOENT\)/);
  });
}

test("logs/ that was removed is made again", async (t) => {
  const { dir, witness, engine, job, go } = await firstRuns(t);
  rmSync(join(job, "logs"), { recursive: true });
  go();
  isCompleted(await engine.ended);
  assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, ["first has no log"]);
});

test("what runs while the journal of its killed engine is gone is ended before it is run again", async (t) => {
  const { dir, witness, tasks, engine, job, started, go } = await firstRuns(t);
  const snapshot = (): string => readFileSync(join(job, "tasks.json"), "utf8");
  // Both: tasks alone, which is written first, don't tell that a run of ours is there.
  const areThere = (): boolean => ["state.json", "tasks.json"].every((file) => existsSync(join(job, file)));
  assert.ok(await waitUntil(() => areThere() && snapshot().includes('"status":"running"')));
  engine.kill("SIGKILL");
  await engine.ended;
  rmSync(join(job, "journal.ndjson"));
  const next = new Engine(dir, "places", tasks);
  assert.ok(await waitUntil(() => started().length === 2));
  go();
  isCompleted(await next.ended);
  const ends = readWitness(witness).filter(({ what, task }) => what === "end" && task === "first");
  assert.equal(ends.length, 1, "the one before was ended");
});

const LOSSES = {
  "directory is removed": (job: string) => rmSync(job, { recursive: true }),
  "journal and state.json are removed": (job: string) =>
    ["journal.ndjson", "state.json"].forEach((file) => rmSync(join(job, file))),
  "journal is one from before": (job: string) => {
    const journal = join(job, "journal.ndjson");
    const text = readFileSync(journal, "utf8");
    rmSync(journal);
    writeFileSync(journal, text.slice(0, text.lastIndexOf("\n", text.indexOf('"type":"attempt')) + 1));
  },
};

for (const [what, lose] of Object.entries(LOSSES)) {
  test(`what runs of a job whose engine was killed and whose ${what} is ended before it is run again`, async (t) => {
    const { dir, witness, tasks, engine, job, started, go } = await firstRuns(t);
    assert.ok(await waitUntil(() => ["state.json", "tasks.json"].every((file) => existsSync(join(job, file)))));
    engine.kill("SIGKILL");
    await engine.ended;
    lose(job);
    const next = new Engine(dir, "places", tasks);
    assert.ok(await waitUntil(() => started().length === 2));
    go();
    const end = await next.ended;
    isCompleted(end);
    assert.match(warningsOf(end).join(), /a task of an earlier run, whose record is gone, was still running/);
    const ends = readWitness(witness).filter(({ what: event, task }) => event === "end" && task === "first");
    assert.equal(ends.length, 1, "the one before was ended");
  });
}

test("what runs of a job that was renamed is left to it when another of its old name begins", async (t) => {
  const { dir, witness, tasks, engine, job, started, go } = await firstRuns(t);
  engine.kill("SIGKILL");
  await engine.ended;
  renameSync(job, join(dir, "jobs", "renamed"));
  const next = new Engine(dir, "places", tasks);
  assert.ok(await waitUntil(() => started().length === 2));
  go();
  for (const other of [next, new Engine(dir, "renamed", [], { takeUp: true })]) isCompleted(await other.ended);
  const ends = readWitness(witness).filter(({ what, task }) => what === "end" && task === "first");
  assert.equal(ends.length, 2, "none was ended");
});

test("what runs of a job whose engine was killed is taken up also where the journal of another job can't be read", async (t) => {
  const { dir, tasks, engine, started, go } = await firstRuns(t);
  engine.kill("SIGKILL");
  await engine.ended;
  mkdirSync(join(dir, "jobs", "other"));
  writeFileSync(join(dir, "jobs", "other", "journal.ndjson"), "no journal\n");
  const next = new Engine(dir, "places", tasks);
  await next.said("taken");
  go();
  isCompleted(await next.ended);
  assert.deepEqual(started().toSorted(), ["first", "left", "right"]);
});

const SPOILS = {
  removed: (path: string) => rmSync(path),
  "replaced by an old copy": (path: string) => renameSync(`${path}.old`, path),
  // As editors do who keep what was there.
  "renamed and replaced by an old copy": (path: string) => {
    renameSync(path, `${path}~`);
    renameSync(`${path}.old`, path);
  },
  "moved away": (path: string) => renameSync(path, `${path}~`),
  "replaced by a directory": (path: string) => {
    rmSync(path);
    mkdirSync(join(path, "within"), { recursive: true });
  },
  // As before the first one is written.
  "removed with state.json": (path: string) => {
    rmSync(path);
    rmSync(join(dirname(path), "state.json"), { force: true });
  },
  // As unpacking a backup of the whole directory there does.
  "replaced by an old copy with all other files": (path: string, old = readFileSync(`${path}.old`, "utf8")) => {
    for (const name of ["journal.ndjson", "lock", "state.json", "tasks.json"]) {
      const file = join(dirname(path), name);
      const text = name === "journal.ndjson" ? old : readFileSync(file);
      rmSync(file);
      writeFileSync(file, text);
    }
  },
};

/** What takes its time to be put right. */
const LARGER_SPOILS = {
  ...SPOILS,
  "removed with the lock": (path: string) => {
    rmSync(path);
    rmSync(join(dirname(path), "lock"));
  },
};

/** Those that let go of both locks. */
const OF_BOTH_LOCKS: ReadonlySet<string> = new Set([
  "replaced by an old copy with all other files",
  "removed with the lock",
] satisfies (keyof typeof LARGER_SPOILS)[]);

for (const [what, spoil] of Object.entries(LARGER_SPOILS)) {
  const spoilt = async (t: TestContext, before = (_runs: { engine: Engine }): void => {}) => {
    const runs = await firstRuns(t);
    const journal = join(runs.job, "journal.ndjson");
    assert.ok(await waitUntil(() => ["state.json", "tasks.json"].every((file) => existsSync(join(runs.job, file)))));
    const whole = readFileSync(journal, "utf8");
    writeFileSync(`${journal}.old`, whole.slice(0, whole.indexOf("\n") + 1));
    before(runs);
    spoil(journal);
    const isBack = (): boolean =>
      lstatSync(journal, { throwIfNoEntry: false })?.isFile() === true && readFileSync(journal, "utf8").startsWith(whole);
    return { ...runs, isBack };
  };

  const atTheEnd = async (t: TestContext): Promise<void> => {
    const { dir, witness, engine, go, isBack } = await spoilt(t);
    go();
    isCompleted(await engine.ended);
    assert.ok(isBack());
    isCompleted(await new Engine(dir, "places", [], { takeUp: true }).ended);
    assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, []);
  };
  if (what in SPOILS) test(`a journal that is ${what} while its job runs is there again when the job has ended`, atTheEnd);

  const second = async (t: TestContext): Promise<void> => {
    const { dir, witness, tasks, engine, go, isBack } = await spoilt(t, (before) => before.engine.kill("SIGSTOP"));
    await isRefused(dir, witness, tasks);
    engine.kill("SIGCONT");
    assert.ok(await waitUntil(isBack));
    go();
    isCompleted(await engine.ended);
    assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, []);
  };
  if (OF_BOTH_LOCKS.has(what)) test(`a journal that is ${what} lets no second engine in before the first has noticed`, second);

  test(`a journal that is ${what} while its job runs is there again before its engine is killed`, async (t) => {
    const { dir, witness, tasks, engine, go, isBack } = await spoilt(t);
    assert.ok(await waitUntil(isBack));
    engine.kill("SIGKILL");
    await engine.ended;
    go();
    isCompleted(await new Engine(dir, "places", tasks).ended);
    assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, []);
  });
}

/** In place, as `cp` does it: who has the file open has the old copy open. */
async function overwritten(t: TestContext) {
  const runs = await firstRuns(t);
  const journal = join(runs.job, "journal.ndjson");
  assert.ok(await waitUntil(() => existsSync(join(runs.job, "state.json"))));
  const [firstLine = ""] = readFileSync(journal, "utf8").split("\n");
  writeFileSync(journal, `${firstLine}\n`);
  return runs;
}

test("a journal that is overwritten while its job runs is whole again when the job has ended", async (t) => {
  const { dir, job, engine, started, go } = await overwritten(t);
  go();
  isCompleted(await engine.ended);
  isCompleted(await new Engine(dir, "places", [], { takeUp: true }).ended);
  assert.deepEqual(started().toSorted(), ["first", "left", "right"]);
  const { damage, tasks } = readHistory(jobPaths(job))!;
  assert.equal(damage, null);
  assert.deepEqual(
    tasks.map(({ spec, attempts }) => [spec.id, attempts.map(({ attempt, outcome }) => [attempt, outcome])]),
    EXPECTED.map(({ id }) => [id, [[1, { kind: "exited", exitCode: 0 }]]]),
  );
});

test("a job whose journal was overwritten goes on after it was interrupted", async (t) => {
  const { dir, tasks, engine, started, go } = await overwritten(t);
  engine.kill("SIGTERM");
  await engine.ended;
  go();
  isCompleted(await new Engine(dir, "places", tasks).ended);
  assert.deepEqual(started().toSorted(), ["first", "first", "left", "right"]);
});

/** A job that is held, and run by nobody. */
async function openedPlace(t: TestContext): Promise<{ job: string; opened: OpenedJob }> {
  const { dir } = temporaryPlace(t);
  const job = join(dir, "jobs", "places");
  mkdirSync(job, { recursive: true });
  writeFileSync(join(job, "state.json"), JSON.stringify({ id: "places-1", name: "places", state: "waiting" }));
  writeFileSync(join(job, "tasks.json"), JSON.stringify([{ id: "first", command: "true" }]));
  const opened = await openDropped(job, "manager", { nowMs: Date.now(), socket: null, fit: fitsItself });
  t.after(() => opened.giveBack());
  await opened.bringUpToDate();
  return { job, opened };
}

for (const name of ["journal.ndjson", "lock"]) {
  test(`a directory of which ${name} is removed first, and the rest later, is not kept from being removed`, async (t) => {
    const { job, opened } = await openedPlace(t);
    const before = readdirSync(job);
    rmSync(join(job, name));
    opened.keepHold("ours");
    assert.deepEqual(readdirSync(job).toSorted(), before.filter((other) => other !== name).toSorted());
    rmSync(job, { recursive: true });
    opened.keepHold("ours");
    assert.equal(existsSync(job), false);
  });
}

test("one look puts right both lock and journal of a job over which its backup was unpacked", async (t) => {
  const { job, opened } = await openedPlace(t);
  const journal = join(job, "journal.ndjson");
  const whole = readFileSync(journal, "utf8");
  SPOILS["replaced by an old copy with all other files"](journal, whole.slice(0, whole.indexOf("\n") + 1));
  opened.keepHold("ours");
  assert.ok(await waitUntil(() => lookAtLock(join(job, "lock")).answer === "yes"));
  assert.ok(await waitUntil(() => readFileSync(journal, "utf8") === whole));
});

test("a journal that can't be put at its place again is named, and its job waits for that", async (t) => {
  // The first is the new run's.
  const full = { kind: "fail", code: "ENOSPC", call: "openSync", path: "journal.ndjson.tmp", nth: 2 } as const;
  const { dir, witness, tasks, engine, job, go } = await firstRuns(t, { patienceMs: 300, faults: [full] });
  const journal = join(job, "journal.ndjson");
  renameSync(journal, `${journal}.away`);
  go();
  const end = await engine.ended;
  assert.equal(end.code, 3, describeEnd(end));
  assert.equal(failureOf(end)?.code, "AIR_DISK");
  assert.match(warningsOf(end)[0]!, /^job "places": its records can't be written \(ENOSPC.*\/journal\.ndjson\.tmp/);
  renameSync(`${journal}.away`, journal);
  isCompleted(await new Engine(dir, "places", tasks).ended);
  assert.deepEqual(judgeRun(dir, "places", witness, EXPECTED).violations, []);
});

for (const what of ["the job's directory", "the whole directory"]) {
  test(`${what} removed when tasks are about to start cancels the job: none of them starts or fails`, async (t) => {
    const { dir, engine, job, started, go } = await firstRuns(t);
    // First the name, at once: while it is being emptied tasks may still start.
    const path = what === "the whole directory" ? dir : job;
    renameSync(path, `${path}.gone`);
    rmSync(`${path}.gone`, { recursive: true });
    go();
    const end = await engine.ended;
    assert.equal(end.code, 1, describeEnd(end));
    assert.deepEqual(end.lines.at(-1), { type: "ended", state: "cancelled", isInterrupted: false }, describeEnd(end));
    assert.ok(warningsOf(end).some((message) => message.includes("its directory was removed, so it is cancelled")));
    assert.deepEqual(started(), ["first"]);
    assert.equal(existsSync(path), false);
    assert.ok(await areGone(dir));
  });
}

for (const what of ["a job's directory", "a whole directory"]) {
  test(`${what} that was removed lets no second engine begin the job anew before the first has ended it`, async (t) => {
    const { dir, witness, tasks, engine, job } = await firstRuns(t);
    engine.kill("SIGSTOP");
    rmSync(what === "a whole directory" ? dir : job, { recursive: true });
    await isRefused(dir, witness, tasks);
    engine.kill("SIGCONT");
    assert.equal(existsSync(job), false);
    assert.equal((await engine.ended).code, 1);
    assert.ok(await areGone(dir));
  });
}

/** `lanes/` takes no file, so often. Five refusals take twice the second between looks at what there is to tell. */
const noSpool = (times?: number) =>
  ({
    kind: "fail",
    call: "openSync",
    path: ".spool",
    nth: 1,
    code: "EACCES",
    ...(times === undefined ? {} : { times }),
  }) as const;
const NAMES_LANES = /EACCES: permission denied, .*\/lanes'?\)/;

test("that lanes/ takes no file is said once, with the reason, and tasks wait until it does", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const expected = Array.from({ length: 8 }, (_, index) => ({
    id: `task-${index}`,
    dependencies: [],
    status: "completed" as const,
    attempts: 1,
  }));
  const tasks = expected.map(({ id }) => ({ id, ...witnessed(witness, ":") }));
  const end = await new Engine(dir, "places", tasks, { concurrency: 2, faults: [noSpool(5)] }).ended;
  isCompleted(end);
  assert.equal(warningsOf(end).length, 1, describeEnd(end));
  assert.match(warningsOf(end)[0]!, NAMES_LANES);
  assert.deepEqual(judgeRun(dir, "places", witness, expected).violations, []);
});

test("an engine that gives up since lanes/ takes no file says so, once", async (t) => {
  const { dir } = temporaryPlace(t);
  const end = await new Engine(dir, "places", [{ command: "true" }, { command: "true" }], {
    patienceMs: 2500,
    faults: [noSpool()],
  }).ended;
  assert.equal(end.code, 3, describeEnd(end));
  assert.equal(warningsOf(end).length, 1, describeEnd(end));
  assert.match(warningsOf(end)[0]!, NAMES_LANES);
  assert.match(failureOf(end)!.message, NAMES_LANES);
});
