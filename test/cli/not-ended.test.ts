/** A task that has become another user can't be ended by its own: that is said, is on record, and is over when it is gone. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground } from "./support/cli.js";

const NOBODY = 65_534;
const compiler = process.env["CC"] ?? "cc";
const skip =
  process.getuid?.() !== 0
    ? "needs root, to become another user"
    : spawnSync(compiler, ["--version"]).status !== 0 && "there is no C compiler";

/** Becomes root wholly, says who it is, and goes by itself in the end; the second time at once. */
const SOURCE = `#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>
int main(void) {
  if (access("pid", F_OK) == 0) return 0;
  if (setresuid(0, 0, 0) != 0) return 9;
  FILE *file = fopen("pid", "w");
  fprintf(file, "%d", (int)getpid());
  fclose(file);
  sleep(40);
}
`;

for (const runner of ["native", "portable"]) {
  test(`processes that can't be ended are on record while that is so, and no longer (${runner})`, { skip }, async (t) => {
    const { run, write, dir } = makePlayground(t);
    chownSync(dir, NOBODY, NOBODY);
    write("stays.c", SOURCE);
    assert.equal(spawnSync(compiler, ["-o", "stays", "stays.c"], { cwd: dir }).status, 0);
    chmodSync(join(dir, "stays"), 0o4755);
    write("job.json", { tasks: [{ id: "stays", command: "./stays", timeout: 0.3 }] });
    const prefix = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", process.execPath, main];
    const argv = [...prefix, "run", "job.json", "--grace-period", "0.1"];
    const { ended } = follow("setpriv", argv, dir, { AIR_EXECUTOR_RUNNER: runner });
    const pidFile = join(dir, "pid");
    const isThere = await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", 10_000);
    if (!isThere) return t.skip(`set-user-ID programs are not heeded here: ${(await ended).stderr}`);
    const journal = join(dir, ".air-executor/jobs/job/journal.ndjson");
    assert.ok(await waitUntil(() => readFileSync(journal, "utf8").includes('"isStuck":true')));
    const isShown = async (): Promise<boolean> => (await run(["status", "job"])).stdout.includes("which can't be ended");
    for (let look = 0; !(await isShown()) && look < 20; look++) continue;
    const { stdout: table } = await run(["status", "job"]);
    const { stdout: why } = await run(["why", "job", "stays"]);
    const tasks = join(dir, ".air-executor/jobs/job/tasks.json");
    const { left_behind: left } = (JSON.parse(readFileSync(tasks, "utf8")) as { left_behind?: object }[])[0]!;
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
    const { code, stderr } = await ended;
    assert.deepEqual(left, { attempt: 1, processes: 1, can_not_be_ended: true });
    assert.match(table, /left behind +a process of stays, which can't be ended$/m);
    assert.match(why, /A process of attempt 1 can't be ended: of another user, or stuck in the system; that is waited for/);
    assert.match(stderr, /a process of task "stays" can't be ended/);
    assert.equal(code, 1, stderr);
    const after = (JSON.parse(readFileSync(tasks, "utf8")) as { status: string; error: string; left_behind?: object }[])[0]!;
    assert.deepEqual([after.status, after.left_behind], ["failed", undefined]);
    assert.match(after.error, /timed out/);
  });

  test(
    `an engine that is told to stop does not wait for them for ever, and the next one does (${runner})`,
    { skip },
    async (t) => {
      const { run, write, dir } = makePlayground(t);
      chownSync(dir, NOBODY, NOBODY);
      write("stays.c", SOURCE);
      assert.equal(spawnSync(compiler, ["-o", "stays", "stays.c"], { cwd: dir }).status, 0);
      chmodSync(join(dir, "stays"), 0o4755);
      write("job.json", { tasks: [{ id: "stays", command: "./stays" }] });
      const prefix = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", process.execPath, main];
      const argv = [...prefix, "run", "job.json", "--grace-period", "0.1"];
      const env = { AIR_EXECUTOR_RUNNER: runner };
      const { process: engine, ended } = follow("setpriv", argv, dir, env);
      const pidFile = join(dir, "pid");
      const isThere = await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", 10_000);
      if (!isThere) return t.skip(`set-user-ID programs are not heeded here: ${(await ended).stderr}`);
      engine.kill("SIGTERM");
      const { code, stderr } = await ended;
      const { stdout: table } = await run(["status", "job"]);
      const next = follow("setpriv", argv, dir, env).ended;
      process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
      const { code: nextCode, stderr: said } = await next;
      assert.equal(code, 3, stderr);
      assert.match(stderr, /has tasks that can't be ended: it stays unfinished/);
      assert.match(table, /left behind +a process of stays, which can't be ended$/m);
      assert.equal(nextCode, 0, said);
    },
  );
}

test("a run is refused, and ends, where what a killed engine left of its removed job can't be ended", { skip }, async (t) => {
  const { write, dir } = makePlayground(t);
  chownSync(dir, NOBODY, NOBODY);
  write("stays.c", SOURCE);
  assert.equal(spawnSync(compiler, ["-o", "stays", "stays.c"], { cwd: dir }).status, 0);
  chmodSync(join(dir, "stays"), 0o4755);
  write("job.json", { tasks: [{ id: "stays", command: "sh", args: ["-c", "./stays; :"] }] });
  const argv = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", process.execPath, main, "run", "job.json"];
  const { process: engine, ended } = follow("setpriv", argv, dir, {});
  const pidFile = join(dir, "pid");
  const isThere = await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", 10_000);
  if (!isThere) return t.skip(`set-user-ID programs are not heeded here: ${(await ended).stderr}`);
  engine.kill("SIGKILL");
  await ended;
  rmSync(join(dir, ".air-executor/jobs/job"), { recursive: true });
  const { code, stderr } = await follow("setpriv", argv, dir, {}).ended;
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.ok(existsSync(`/proc/${pid}`), "it has not waited for that");
  process.kill(pid, "SIGKILL");
  assert.equal(code, 3, stderr);
  assert.match(stderr, /though no record names them: 1 of its processes can't be ended/);
});
