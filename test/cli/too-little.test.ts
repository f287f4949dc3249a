/** Limits of the system that leave less than we need: one sentence with the way out, and never the words of Node's own end. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { areGone } from "../support/processes.js";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground, type Result } from "./support/cli.js";

const NOBODY = 65_534;
const IS_LINUX = process.platform === "linux";

/** As a shell starts it: through its first line. */
async function runUnder(
  context: TestContext,
  limits: readonly [string, ...string[]],
): Promise<Result & { readonly dir: string }> {
  const { dir, write } = makePlayground(context);
  write("job.json", [{ command: "sh", args: ["-c", "echo > ran"] }]);
  const [program, ...args] = limits;
  return { dir, ...(await follow(program, [...args, main, "run", "job.json"], dir, {}).ended) };
}

const SAID: readonly (readonly [limits: readonly [string, ...string[]], said: string])[] = [
  [["prlimit", "--nofile=12"], "it may have 12 open files (ulimit -n), and needs 40 at least"],
  [["prlimit", "--nofile=20"], "it may have 20 open files (ulimit -n), and needs 40 at least"],
  [["prlimit", "--data=100000000"], "it may have 100000000 bytes of data (ulimit -d), and needs 150000000 at least"],
  [["prlimit", "--as=1000000000"], "it may have 1000000000 bytes of address space (ulimit -v), and needs 2000000000 at least"],
];

for (const [limits, said] of SAID) {
  test(`under ${limits.join(" ")} a run says in one sentence what it needs`, { skip: !IS_LINUX }, async (context) => {
    const { code, stderr, dir } = await runUnder(context, limits);
    assert.equal(stderr, `air-executor: ${said}: raise the limit and try again\n`);
    assert.equal(code, 3);
    assert.equal(existsSync(join(dir, "ran")), false);
  });
}

test("so it does with few processes, which root does not need", { skip: !IS_LINUX }, async (context) => {
  if (process.getuid?.() !== 0) return context.skip("needs root, to become another user");
  const nobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] as const;
  const { code, stderr } = await runUnder(context, [...nobody, "prlimit", "--nproc=12"]);
  if (stderr.includes("Permission denied")) return context.skip("other users can't run the program here");
  assert.equal(
    stderr,
    "air-executor: it may have 12 processes (ulimit -u), and needs 24 at least: raise the limit and try again\n",
  );
  assert.equal(code, 3);
  const asRoot = await runUnder(context, ["prlimit", "--nproc=12"]);
  assert.equal(asRoot.code, 0, asRoot.stderr);
});

for (const [place, said] of [
  ["umount -l /proc", "/proc is not there, or may not be read: it needs it (mount -t proc proc /proc)"],
  ["mount -t tmpfs none /dev", "/dev/null is not there, or may not be written: it needs /dev (bwrap: --dev /dev)"],
] as const)
  test(`so it does in a container that was put together by hand: ${place}`, { skip: !IS_LINUX }, async (context) => {
    if (process.getuid?.() !== 0) return context.skip("needs root, for mounts of its own");
    const there = `${place} || exit 99; exec "$0" "$@"`;
    const { code, stderr, dir } = await runUnder(context, ["unshare", "-m", "sh", "-c", there]);
    if (code === 99) return context.skip(stderr);
    assert.deepEqual([code, stderr], [3, `air-executor: ${said}\n`]);
    assert.equal(existsSync(join(dir, "ran")), false);
  });

const SOME_MORE = (limit: string): RegExp =>
  new RegExp(
    `^air-executor: it may have \\d+ more processes \\(${limit}\\), and needs 16 at least: raise the limit and try again\n$`,
  );

/** A user who has nothing else. */
const SOMEBODY = 54_321;

test("so it does where what else the user runs leaves too few processes", { skip: !IS_LINUX }, async (context) => {
  if (process.getuid?.() !== 0) return context.skip("needs root, to become another user");
  const somebody = ["setpriv", `--reuid=${SOMEBODY}`, `--regid=${SOMEBODY}`, "--clear-groups"] as const;
  const others = spawn(somebody[0], [...somebody.slice(1), "sh", "-c", manySleepers(30)], { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => others.stdin.end());
  await once(others.stdout, "data");
  const { code, stderr } = await runUnder(context, [...somebody, "prlimit", "--nproc=40"]);
  if (stderr.includes("Permission denied")) return context.skip("other users can't run the program here");
  const [said] = SOME_MORE("ulimit -u").exec(stderr) ?? assert.fail(stderr);
  assert.equal(said, stderr);
  assert.equal(code, 3);
  const withMore = await runUnder(context, [...somebody, "prlimit", "--nproc=60"]);
  assert.doesNotMatch(withMore.stderr, SOME_MORE("ulimit -u"));
});

test("so it does where its control group leaves too few, root included", { skip: !IS_LINUX }, async (context) => {
  const group = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].map((root) => join(root, `air-executor-test-${process.pid}`));
  const made = group.find(makeGroup);
  if (made === undefined) return context.skip("no control group can be made here");
  context.after(() => rmdirSync(made));
  const enter = ["sh", "-c", `echo $$ >${made}/cgroup.procs; exec "$@"`, "enter"] as const;
  writeFileSync(join(made, "pids.max"), "12");
  const { code, stderr } = await runUnder(context, enter);
  const [said] = SOME_MORE("pids.max of its control group").exec(stderr) ?? assert.fail(stderr);
  assert.equal(said, stderr);
  assert.equal(code, 3);
  writeFileSync(join(made, "pids.max"), "100");
  const withMore = await runUnder(context, enter);
  assert.equal(withMore.code, 0, withMore.stderr);
  await waitUntil(() => readFileSync(join(made, "cgroup.procs"), "utf8") === "");
});

/** Says so when all are there; they end with its input. */
const manySleepers = (count: number): string =>
  `i=0; exec 3<&0; while [ $i -lt ${count} ]; do (read x <&3) & i=$((i+1)); done; echo up; wait`;

/** True if it counts processes. */
function makeGroup(path: string): boolean {
  try {
    mkdirSync(path);
  } catch {
    return false;
  }
  if (existsSync(join(path, "pids.max"))) return true;
  rmdirSync(path);
  return false;
}

test("where no file may grow a run says so, ends, and leaves nobody behind", { skip: !IS_LINUX }, async (context) => {
  const { code, stderr, dir } = await runUnder(context, ["prlimit", "--fsize=0"]);
  assert.match(stderr, /EFBIG/);
  assert.equal(code, 3);
  assert.equal(existsSync(join(dir, "ran")), false);
  assert.ok(await areGone(join(dir, ".air-executor")));
});

test(
  "with a low soft limit and a high hard one a job runs, and its tasks have the soft one",
  { skip: !IS_LINUX },
  async (context) => {
    const { dir, write } = makePlayground(context);
    write("job.json", [{ command: "sh", args: ["-c", "ulimit -n > limit"] }]);
    const { code, stderr } = await follow("prlimit", ["--nofile=20:100", main, "run", "job.json"], dir, {}).ended;
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(join(dir, "limit"), "utf8"), "20\n");
  },
);
