import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FAULTS_VARIABLE, type Fault } from "../support/fault-plan.js";
import { ManagedDirectory, task, until } from "./manager-process.js";
import { untilHolds } from "../support/shell-loops.js";

function run(place: ManagedDirectory, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [place.cli, ...args], { cwd: place.root, env: place.env, encoding: "utf8" });
}

test("start on a full disk says which file it is and what to do, in the background and here", (t) => {
  const place = new ManagedDirectory(t);
  const faults: readonly Fault[] = [{ kind: "fail", call: "writeSync", path: "/manager.pid", nth: 1, code: "ENOSPC" }];
  place.env["NODE_OPTIONS"] = `--import=${new URL("../support/fault-preload.js", import.meta.url).href}`;
  place.env[FAULTS_VARIABLE] = JSON.stringify(faults);
  for (const options of [[], ["--foreground"]]) {
    const { status, stderr } = run(place, "start", ...options);
    assert.equal(status, 3);
    const lines = stderr.split("\n").filter((line) => line.startsWith("air-executor: "));
    const why = "the disk is full or read-only (ENOSPC); make room, or choose another directory with --dir";
    assert.deepEqual(lines, [`air-executor: ${place.base}/manager.pid can't be written: ${why}`]);
  }
});

test("start returns when the manager is up, status shows it, a second one is refused with its pid, and stop ends it", async (t) => {
  const place = new ManagedDirectory(t);
  t.after(() => run(place, "stop"));
  const started = run(place, "start", "--json");
  assert.equal(started.status, 0, started.stderr);
  const { manager } = JSON.parse(started.stdout) as { manager: { pid: number } };
  const status = JSON.parse(run(place, "status", "--json").stdout) as { manager: { pid: number; since: string } };
  assert.equal(status.manager.pid, manager.pid);
  for (const options of [[], ["--foreground"]]) {
    const second = run(place, "start", ...options);
    assert.equal(second.status, 3);
    assert.match(
      second.stderr,
      new RegExp(
        `: a manager \\(process ${manager.pid}, since ${status.manager.since}\\) watches ${place.base} already: air-executor stop ends it\\.\n$`,
      ),
    );
  }
  place.drop("hello", [task("hello", "echo", ["hello"])]);
  await place.untilState("hello", "completed");
  for (let index = 1; index <= 5; index++) {
    const { stderr } = run(place, "add", "hello", "--id", `more-${index}`, "--", "true");
    assert.match(stderr, /^1 task added to job hello(?:; the manager goes on with it)?\n$/);
    await until(() => place.tasks("hello")[index]?.["status"] === "completed", "what was added to run");
  }
  const stopped = run(place, "stop", "--json");
  assert.equal((JSON.parse(stopped.stdout) as { stopped: { pid: number } }).stopped.pid, manager.pid);
  assert.equal((JSON.parse(run(place, "status", "--json").stdout) as { manager: null }).manager, null);
  assert.match(run(place, "stop").stderr, /no manager/);
  const log = place
    .log()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { msg: string });
  assert.deepEqual(log.at(-1)!.msg, "stopped");
});

test("stop lets what runs end, starts nothing more, and the next manager takes up the rest", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const gate = join(place.root, "gate");
  const first = task("first", "sh", ["-c", `: > '${gate}.runs'; ${untilHolds(`[ -e '${gate}' ]`)}; echo done`]);
  place.drop("job", [first, task("second", "echo", ["later"], ["first"])]);
  place.drop("short", [task("only", "sh", ["-c", `: > '${gate}.short'; ${untilHolds(`[ -e '${gate}' ]`)}`])]);
  await until(() => existsSync(`${gate}.runs`) && existsSync(`${gate}.short`), "the tasks to run");
  const ended = place.end();
  await until(() => place.log().includes("stopping"), "the manager to stop");
  writeFileSync(gate, "");
  assert.equal(await ended, 0);
  assert.equal(place.peek("job"), "waiting");
  // What became of jobs meanwhile is in the log.
  const said = place.log().slice(place.log().indexOf("stopping"));
  assert.match(said, /job \\"job\\" is unfinished/);
  assert.match(said, /job \\"short\\" completed/);
  assert.deepEqual(
    place.tasks("job").map(({ status }) => status),
    ["completed", "pending"],
  );
  await place.start();
  await place.untilState("job", "completed");
  assert.deepEqual(
    place.tasks("job").map(({ attempts }) => attempts),
    [1, 1],
  );
});

test("a second signal kills at once, and what was killed runs again at the next start", async (t) => {
  const place = new ManagedDirectory(t);
  const manager = await place.start("--grace-period", "60");
  const marks = join(place.root, "marks");
  place.drop("stubborn", [
    task("t", "sh", ["-c", `trap '' TERM; echo x >> '${marks}'; [ $(wc -l < '${marks}') = 2 ] || sleep 60`]),
  ]);
  await until(() => existsSync(marks), "the task to run");
  manager.kill("SIGTERM");
  await until(() => place.log().includes("stopping"), "the manager to stop");
  assert.equal(await place.end("SIGTERM"), 0);
  assert.equal(place.tasks("stubborn")[0]!["status"], "pending");
  await place.start();
  await place.untilState("stubborn", "completed");
  assert.equal(readFileSync(marks, "utf8"), "x\nx\n");
});

test("stop adds only a part of the grace period for a task that TERM does not end", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start("--grace-period", "1");
  const marks = join(place.root, "marks");
  const lines = (): string[] => readFileSync(marks, "utf8").trimEnd().split("\n");
  place.drop("stubborn", [
    task("t", "sh", ["-c", `trap 'echo TERM >> "${marks}"' TERM; while echo tick >> '${marks}'; do sleep 0.01; done`]),
  ]);
  await until(() => existsSync(marks), "the task to run");
  const before = lines().length;
  assert.equal(await place.end(), 0);
  const [byItself, afterTerm] = [lines().indexOf("TERM") - before, lines().length - lines().indexOf("TERM")];
  assert.ok(afterTerm * 2 < byItself, `${byItself} ticks until TERM, ${afterTerm} from then on`);
  assert.equal(place.tasks("stubborn")[0]!["status"], "pending");
});

test("a manager killed with -9 while jobs run is followed by one that goes on: every task runs once", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start("--concurrency", "4");
  const witness = join(place.root, "witness");
  const tasks = (job: string): ReturnType<typeof task>[] =>
    Array.from({ length: 6 }, (_, n) =>
      task(
        `t${n}`,
        "sh",
        ["-c", `echo start ${job} ${n} >> '${witness}'; sleep 0.2; echo end ${job} ${n} >> '${witness}'`],
        n < 3 ? [] : [`t${n - 3}`],
      ),
    );
  const jobs = ["a", "b", "c"];
  for (const job of jobs) place.drop(job, tasks(job));
  for (let kills = 1; kills <= 3; kills++) {
    await until(() => existsSync(witness) && readFileSync(witness, "utf8").split("\n").length > kills * 5, "tasks to run");
    await place.end("SIGKILL");
    await place.start("--concurrency", "4");
  }
  for (const job of jobs) await place.untilState(job, "completed");
  const lines = readFileSync(witness, "utf8").trimEnd().split("\n");
  assert.equal(new Set(lines).size, 36);
  assert.equal(lines.length, 36);
});

test("a job of three tasks does not wait for one of hundreds", async (t) => {
  const place = new ManagedDirectory(t);
  const gate = join(place.root, "gate");
  place.drop(
    "large",
    Array.from({ length: 300 }, (_, n) => task(`t${n}`, "sh", ["-c", untilHolds(`[ -e '${gate}' ]`)])),
  );
  await place.start("--concurrency", "2");
  await place.untilState("large", "working");
  place.drop("small", [task("a", "true"), task("b", "true"), task("c", "true", [], ["a"])]);
  await until(() => place.log().includes('job \\"small\\" is taken up'), "the small job to be taken up");
  writeFileSync(gate, "");
  await place.untilState("small", "completed");
  assert.equal(place.peek("large"), "working");
});

test("hundreds of jobs dropped at once all run", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const names = Array.from({ length: 300 }, (_, n) => `job-${n}`);
  for (const name of names) place.drop(name, [task("t", "true")]);
  for (const name of names) await place.untilState(name, "completed");
  assert.deepEqual(readdirSync(join(place.base, "jobs")).length, names.length);
});

test("a manager leaves the unfinished job of a run alone and takes up its own", async (t) => {
  const place = new ManagedDirectory(t);
  const file = join(place.root, "mine.json");
  writeFileSync(file, JSON.stringify([{ id: "t", command: "sh", args: ["-c", "kill -9 $(cat pid)"] }]));
  const sh = `echo $$ > pid; exec '${process.execPath}' '${place.cli}' run mine.json`;
  assert.equal(spawnSync("sh", ["-c", sh], { cwd: place.root, env: place.env }).signal, "SIGKILL");
  writeFileSync(file, JSON.stringify([{ id: "t", command: "echo" }]));
  const submitted = run(place, "submit", "mine.json", "--name", "given", "--json");
  assert.equal(submitted.status, 0, submitted.stderr);
  await place.start();
  await place.untilState("given", "completed");
  assert.equal(place.state("given")["owner"], "manager");
  assert.notEqual(place.peek("mine"), "completed");
});

test("submit --fresh ends an unfinished run, whoever has it in hand, and begins anew", async (t) => {
  const place = new ManagedDirectory(t);
  const write = (script: string): void =>
    writeFileSync(join(place.root, "mine.json"), JSON.stringify([{ id: "t", command: "sh", args: ["-c", script] }]));
  write(`echo began > first; ${untilHolds("[ -e never ]")}`);
  assert.equal(run(place, "submit", "mine.json").status, 0);
  await place.start();
  await until(() => existsSync(join(place.root, "first")), "the first run to begin");
  write("true");
  const held = run(place, "submit", "mine.json");
  assert.equal(held.status, 3, held.stderr);
  const anew = run(place, "submit", "mine.json", "--fresh");
  assert.equal(anew.status, 0, anew.stderr);
  await place.untilState("mine", "completed");
  assert.equal(run(place, "stop").status, 0);
  write("sleep 0");
  assert.equal(run(place, "submit", "mine.json").status, 0);
  write("false");
  const other = run(place, "submit", "mine.json");
  assert.deepEqual([other.status, /with --fresh to begin anew/.test(other.stderr)], [2, true], other.stderr);
  assert.equal(run(place, "submit", "mine.json", "--fresh").status, 0);
  const states = readdirSync(join(place.base, "jobs/mine/runs")).map(
    (id) => (JSON.parse(readFileSync(join(place.base, "jobs/mine/runs", id, "state.json"), "utf8")) as { state: string }).state,
  );
  assert.deepEqual(states.toSorted(), ["cancelled", "cancelled", "completed"]);
});

test("tasks of a manager in the background find the environment of who started it byte for byte", async (t) => {
  const place = new ManagedDirectory(t);
  t.after(() => run(place, "stop"));
  const script = `export RAW="$(printf 'a\\377b')"; exec env 'odd.name=c d' "$@" start -q`;
  const env = { ...place.env, QUOTED: `it's "so"\n` };
  const { status } = spawnSync("sh", ["-c", script, "sh", process.execPath, place.cli], { cwd: place.root, env });
  assert.equal(status, 0);
  place.drop("job", [task("all", "env", ["-0"]), task("input", "cat")]);
  await place.untilState("job", "completed");
  const found = readFileSync(join(place.base, "jobs/job/logs/all.log"), "latin1").split("\0");
  const ours = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const expected = ["RAW=a\xffb", "odd.name=c d", ...ours.filter((variable) => /^(?:QUOTED|PATH|OLDPWD)=/.test(variable))];
  assert.deepEqual(
    found.filter((variable) => /^(?:RAW|odd\.name|QUOTED|PATH|OLDPWD)=/.test(variable)).toSorted(),
    expected.toSorted(),
  );
});
