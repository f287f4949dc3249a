import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground, type Result } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";

const helper = fileURLToPath(new URL("../../../test/cli/support/on-terminal.py", import.meta.url));

interface OnTerminal {
  readonly ended: Promise<Result>;
  /** Waits until that was shown. */
  readonly shows: (text: RegExp) => Promise<boolean>;
}

function startOnTerminal(dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, until = "-"): OnTerminal {
  const { process: child, ended } = follow("python3", [helper, until, process.execPath, main, ...args], dir, {
    CI: "",
    TERM: "xterm",
    ...env,
  });
  child.stdin.end();
  let shown = "";
  child.stdout.on("data", (text: string) => (shown += text));
  return { ended, shows: (text) => waitUntil(() => text.test(shown)) };
}

async function onTerminal(dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, until = "-"): Promise<Result> {
  return startOnTerminal(dir, args, env, until).ended;
}

function hasPython(t: TestContext): boolean {
  const isThere = spawnSync("python3", ["-c", "import os, pty; os.waitstatus_to_exitcode"]).status === 0;
  if (!isThere) t.skip("python3 is not installed");
  return isThere;
}

const job = {
  tasks: [
    { id: "slow", command: "sleep", args: ["1.5"] },
    { id: "bad", command: "false" },
  ],
};

test("on a terminal there is a bar, what runs and for how long, and each failure as it comes; the cursor is never hidden", async (t) => {
  if (!hasPython(t)) return;
  const { dir, write } = makePlayground(t);
  write("until-seen", untilHolds("test -e seen"));
  write("job.json", [
    { id: "slow", command: "sh", args: ["until-seen"] },
    { id: "bad", command: "false" },
  ]);
  const running = startOnTerminal(dir, ["run", "job.json", "-j2"]);
  assert.ok(await running.shows(/[1-9]\d*\.\d s.*slow.*sh until-seen/));
  write("seen", "");
  const { code, stdout } = await running.ended;
  assert.equal(code, 1);
  assert.match(stdout, /█|░/);
  assert.match(stdout, /failed.*bad: exit code 1/);
  assert.ok(!stdout.includes("\u001b[?25l"));
  // Nothing of the bar is left behind the last time that it was taken away.
  assert.doesNotMatch(stdout.slice(stdout.lastIndexOf("\u001b[J")), /[█░]/);
});

test("on a terminal run and watch say which limit holds the job back, and who has it", async (t) => {
  if (!hasPython(t)) return;
  const { dir, write } = makePlayground(t);
  const licensed = (id: string, script: string): object => ({
    id,
    command: "sh",
    args: ["-c", script],
    resources: { licence: 1 },
  });
  const tasks = [licensed("holder", untilHolds("test -e seen")), licensed("waiter", "true")];
  write("job.json", { pools: { licence: 1 }, tasks });
  const line = /held back for \d\.\d s: licence \(1 in all\), taken by "holder"; next is "waiter"/;
  const running = startOnTerminal(dir, ["run", "job.json", "-j2"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, ".air-executor", "jobs", "job", "tasks.json"))));
  const watching = startOnTerminal(dir, ["watch", "job"]);
  for (const { shows } of [running, watching]) assert.ok(await shows(line));
  write("seen", "");
  assert.deepEqual([(await running.ended).code, (await watching.ended).code], [0, 0]);
});

test("a terminal that can't be drawn on, or that a build server reads, gets lines", async (t) => {
  if (!hasPython(t)) return;
  const { dir, write } = makePlayground(t);
  write("job.json", job);
  for (const env of [{ TERM: "dumb" }, { TERM: "" }, { CI: "true", NO_COLOR: "1" }]) {
    const { stdout } = await onTerminal(dir, ["run", "job.json", "-j2", "--fresh"], env);
    assert.ok(!stdout.includes("\u001b"), JSON.stringify(env));
    assert.match(stdout, /\[1\/2\] failed bad: exit code 1/);
  }
});

test("a terminal that takes nothing stops no task, no timeout and no record", async (t) => {
  if (!hasPython(t)) return;
  const { dir } = makePlayground(t);
  const state = join(dir, ".air-executor", "jobs", "stalled", "state.json");
  const script = "seq 30000; test {} = 1 && exec sleep 60; true";
  const argv = [
    "map",
    "-j2",
    "--name",
    "stalled",
    "--timeout",
    "1",
    "--grace-period",
    "1",
    "--shell",
    script,
    ":::",
    "1",
    "2",
    "3",
    "4",
  ];
  const { code, stdout } = await onTerminal(dir, argv, {}, state);
  assert.equal(code, 1, "the job ended while nothing was taken from the terminal");
  assert.ok(existsSync(state));
  // Afterwards all of it comes, each line once for each task.
  const lines = stdout.split(/\r?\n/).map((line) => line.replaceAll(/^.*\u001b\[J/g, ""));
  assert.equal(lines.filter((line) => line === "29999").length, 4);
});

test("a terminal that goes away ends us as a hang-up does, or not at all: never by an abort of Node", async (t) => {
  if (!hasPython(t)) return;
  const { dir } = makePlayground(t);
  const begun = join(dir, "begun");
  const away = async (name: string, seconds: number, env: NodeJS.ProcessEnv): Promise<number | null> => {
    rmSync(begun, { force: true });
    const words = ["map", "--name", name, "sh", "-c", `touch begun; sleep ${seconds}`, ":::", "1"];
    return (await onTerminal(dir, words, env, `gone:${begun}`)).code;
  };
  assert.equal(await away("hung-up", 60, {}), 129);
  // What the command's first line tells us of a HUP that is ignored, as with `nohup`.
  assert.equal(await away("goes-on", 1, { _AIR_EXECUTOR_INHERITED: "1 1024" }), 0);
});

test("what follows a job on a terminal that went away is ended by TERM as anything else: never by an abort of Node", async (t) => {
  if (!hasPython(t)) return;
  const { dir, run, write } = makePlayground(t);
  await run(["submit", write("job.json", [{ id: "a", command: "true" }])]);
  for (const verb of ["watch job", "logs job -f"]) {
    // Ended a second after it has lost its terminal.
    const script = `trap "" HUP; "$0" "$1" ${verb} & sleep 1; touch gone; sleep 1; kill $!; wait $!`;
    rmSync(join(dir, "gone"), { force: true });
    const env = { _AIR_EXECUTOR_INHERITED: "1 1024" };
    const argv = [helper, `gone:${join(dir, "gone")}`, "sh", "-c", script, process.execPath, main];
    assert.equal((await follow("python3", argv, dir, env).ended).code, 143, verb);
  }
});

test("what tasks print can't drive the terminal, and in a pipe it is as it was", async (t) => {
  if (!hasPython(t)) return;
  const { dir, run } = makePlayground(t);
  const argv = ["map", "-q", "printf", "a\\033[2Jb\\rc\\n%s", ":::", "d"];
  const { stdout } = await onTerminal(dir, argv);
  assert.equal(stdout.replaceAll("\r\n", "\n"), "ab\nc\nd");
  assert.equal((await run(argv)).stdout, "a\u001b[2Jb\rc\nd");
});

test("what a graph is drawn from can't drive the terminal either", async (t) => {
  if (!hasPython(t)) return;
  const { dir, write, run } = makePlayground(t);
  write("job.json", [{ id: "a\u202eb\u001b[2J", command: "true" }]);
  for (const format of ["dot", "mermaid", "text"]) {
    const { stdout } = await onTerminal(dir, ["graph", "job.json", "--format", format, "--no-color"]);
    assert.doesNotMatch(stdout, /\u202e|\u001b/, format);
  }
  assert.match((await run(["graph", "job.json", "--format", "dot"])).stdout, /\u202e/);
});

test("what is drawn leaves room for the ^C that a terminal shows at the cursor", async (t) => {
  if (!hasPython(t)) return;
  const { dir, write } = makePlayground(t);
  write("job.json", [{ id: "a", command: "sleep", args: ["0.5"] }]);
  const { stdout } = await onTerminal(dir, ["run", "job.json", "--name", "j".repeat(47)]);
  const bars = stripVTControlCharacters(stdout)
    .split(/[\r\n]/)
    .filter((line) => /^jj.*%/.test(line));
  assert.ok(bars.length > 0, stdout);
  for (const bar of bars) assert.ok(bar.length <= 80 - 2, bar);
});
