import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { follow, main, makePlayground, type Result } from "./support/cli.js";

const NOBODY = 65_534;
const one = [{ id: "a", command: "echo", args: ["hello"] }];
/** One of every kind of work on a directory of jobs. */
const VERBS: readonly string[][] = [
  ["run", "one.json"],
  ["start"],
  ["stop"],
  ["status"],
  ["logs", "one"],
  ["add", "one", "--id", "b", "--", "true"],
  ["rm", "one"],
  ["prune", "--keep", "1"],
  ["watch"],
];

/** One sentence in our words, and no word of the system's. */
function assertClear(verb: readonly string[], { code, stderr }: Result, expected: RegExp): void {
  assert.equal(code, 3, `${verb.join(" ")}: ${stderr}`);
  assert.match(stderr, /^air-executor: [^\n]+\n$/, verb.join(" "));
  assert.match(stderr, expected, verb.join(" "));
  assert.doesNotMatch(stderr, /ENOENT|EACCES: |scandir|uv_cwd|\bat /, verb.join(" "));
}

test("in a directory that was removed every verb says so in one sentence", async (context) => {
  const { dir } = makePlayground(context);
  const shell = 'rmdir "$PWD" && exec "$@"';
  for (const verb of [...VERBS, ["init"], ["validate", "one.json"], ["run", "-", "--dir", join(dir, "air")]]) {
    mkdirSync(join(dir, "gone"));
    const argv = ["-c", shell, "sh", process.execPath, main, ...verb];
    const started = follow("sh", argv, join(dir, "gone"), {});
    started.process.stdin.end(JSON.stringify(one));
    assertClear(verb, await started.ended, /the current directory was removed: change to one that is there and try again$/m);
  }
});

test("in a directory that lies deeper than a path can say every verb says so", async (context) => {
  const { dir } = makePlayground(context);
  const shell = 'for _ in $(seq 18); do mkdir -p "$0" && cd -P "$0" || exit 9; done; exec "$@"';
  const name = "d".repeat(240);
  const results: Result[] = [];
  for (const verb of VERBS) results.push(await follow("sh", ["-c", shell, name, process.execPath, main, ...verb], dir, {}).ended);
  // Node can't remove it.
  spawnSync("rm", ["-rf", name], { cwd: dir });
  for (const [at, verb] of VERBS.entries()) {
    assertClear(verb, results[at]!, /the path of the current directory is too long for the system/);
  }
});

/** As root there is no permission that could be missing. Null if nobody else can run the program here. */
function runAsNobody(context: TestContext): ((dir: string, args: readonly string[]) => Promise<Result>) | null {
  if (process.getuid?.() !== 0) return (dir, args) => follow(process.execPath, [main, ...args], dir, {}).ended;
  const prefix = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"];
  const canRun = spawnSync("setpriv", [...prefix, process.execPath, main, "--version"]).status === 0;
  if (!canRun) context.skip("other users can't run the program here");
  return canRun ? (dir, args) => follow("setpriv", [...prefix, process.execPath, main, ...args], dir, {}).ended : null;
}

test("without permission on the directory every verb names it and the way out, in one sentence", async (context) => {
  const run = runAsNobody(context);
  if (run === null) return;
  const { dir, write } = makePlayground(context);
  chmodSync(dir, 0o777);
  write("one.json", one);
  const ran = await run(dir, ["run", "one.json"]);
  assert.equal(ran.code, 0, ran.stderr);
  const base = join(dir, ".air-executor");
  chmodSync(base, 0o000);
  for (const verb of VERBS) {
    assertClear(verb, await run(dir, verb), /\.air-executor(\/jobs|\/manager\.pid)? can't be (used|opened).*(permission|--dir)/);
  }
  chmodSync(base, 0o700);
  chmodSync(join(base, "jobs/one/tasks.json"), 0o000);
  for (const verb of [
    ["status", "one"],
    ["logs", "one"],
  ]) {
    assertClear(verb, await run(dir, verb), /jobs\/one\/tasks\.json can't be used \(no permission\): make it accessible/);
  }
  assert.match(readFileSync(join(base, "jobs/one/state.json"), "utf8"), /"completed"/, "nothing was changed");
});

test("a directory whose path is too long is said to be that, not shown whole", async (context) => {
  const { dir, write, run } = makePlayground(context);
  write("one.json", one);
  for (const verb of [["status"], ["run", "one.json"], ["start"]]) {
    const { code, stderr } = await run(["--dir", join(dir, "x".repeat(5000)), ...verb]);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /^air-executor: --dir is a path of 5,\d+ bytes: expected at most 3,500, for the files below it have names too\n$/,
    );
  }
});

test("retries of a map that are too many are refused before there is a job", async (context) => {
  const { dir, run } = makePlayground(context);
  const { code, stderr } = await run(["map", "--retries", "2000", "echo", ":::", "a"]);
  assert.deepEqual([code, stderr], [2, 'air-executor: --retries is "2000": expected a whole number from 0 to 1000\n']);
  assert.ok(!existsSync(join(dir, ".air-executor")));
});
