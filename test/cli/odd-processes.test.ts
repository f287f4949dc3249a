/** Tasks whose process looks ended and is not: it has stopped for a tracer that there is not, or its first thread alone has ended. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { runnersOf, signal } from "../support/processes.js";
import { waitUntil } from "../support/wait-until.js";
import { makePlayground } from "./support/cli.js";

const compiler = process.env["CC"] ?? "cc";
const skip =
  process.platform !== "linux"
    ? "only Linux tells of such processes so"
    : spawnSync(compiler, ["--version"]).status !== 0 && "there is no C compiler";

/** Looks for a debugger, as what is protected against copying does. Then every signal stops it, and so does an exec. */
const TRACED = `#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>
static void hear(int signal) { (void)signal; puts("heard"); fflush(stdout); }
int main(void) {
  signal(SIGUSR1, hear);
  FILE *file = fopen("pid", "w");
  fprintf(file, "%d", (int)getpid());
  fclose(file);
  if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) return 9;
  raise(SIGUSR1);
  ptrace(PTRACE_TRACEME, 0, NULL, NULL);
  execlp("sh", "sh", "-c", "echo went on; exit 7", NULL);
}
`;

/** The first time its first thread ends and another one goes on; the second time it says whether that is still so. */
const HEADLESS = `#include <pthread.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
static void *go_on(void *none) {
  usleep(50000);
  FILE *file = fopen("pid", "w");
  fprintf(file, "%d", (int)getpid());
  fclose(file);
  sleep(40);
  return none;
}
int main(void) {
  if (flock(open("lock", O_RDWR | O_CREAT, 0600), LOCK_EX | LOCK_NB) != 0) return 9;
  if (access("pid", F_OK) == 0) return 0;
  pthread_t thread;
  pthread_create(&thread, NULL, go_on, NULL);
  pthread_exit(NULL);
}
`;

interface Recorded {
  readonly status: string;
  readonly attempts: number;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly error: string | null;
}

function prepare(t: TestContext, source: string, options: object) {
  const playground = makePlayground(t);
  const { dir, write } = playground;
  write("odd.c", source);
  const { status, stderr } = spawnSync(compiler, ["-pthread", "-o", "odd", "odd.c"], { cwd: dir, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  write("job.json", { tasks: [{ id: "odd", command: "./odd", ...options }] });
  const job = join(dir, ".air-executor/jobs/job");
  return {
    ...playground,
    hasSaidPid: () => existsSync(join(dir, "pid")) && readFileSync(join(dir, "pid"), "utf8") !== "",
    isThere: () => existsSync(`/proc/${readFileSync(join(dir, "pid"), "utf8")}`),
    task: () => (JSON.parse(readFileSync(join(job, "tasks.json"), "utf8")) as Recorded[])[0]!,
    log: () => readFileSync(join(job, "logs/odd.log"), "utf8"),
  };
}

test("a task that asks to be traced goes on untraced, and its end is its own", { skip }, async (t) => {
  const { run, task, log, isThere } = prepare(t, TRACED, {});
  const { stderr } = await run(["run", "job.json"], { env: { AIR_EXECUTOR_RUNNER: "native" } });
  assert.equal(log(), "heard\nwent on\n", stderr);
  assert.deepEqual([task().exit_code, isThere()], [7, false]);
});

test("the portable runner, which can't let such a task go on, ends it", { skip }, async (t) => {
  const { run, task, isThere } = prepare(t, TRACED, {});
  const { stderr } = await run(["run", "job.json"], { env: { AIR_EXECUTOR_RUNNER: "portable" } });
  assert.deepEqual([task().status, task().signal], ["failed", "SIGKILL"], stderr);
  assert.ok(await waitUntil(() => !isThere()));
});

for (const runner of ["native", "portable"]) {
  const env = { AIR_EXECUTOR_RUNNER: runner };

  test(`a task whose first thread alone has ended runs, and its time can be over (${runner})`, { skip }, async (t) => {
    const { run, task, isThere } = prepare(t, HEADLESS, { timeout: 0.5 });
    const { code, stderr } = await run(["run", "job.json", "--grace-period", "1"], { env });
    assert.equal(code, 1, stderr);
    assert.deepEqual([task().error, isThere()], ["timed out after 0.5 s", false]);
  });

  test(`a task whose first thread alone has ended is ended before it is made again (${runner})`, { skip }, async (t) => {
    const { start, run, task, dir, hasSaidPid } = prepare(t, HEADLESS, {});
    const { process: engine, ended } = start(["run", "job.json"], { env });
    assert.ok(await waitUntil(() => hasSaidPid()));
    const runners = runnersOf(join(dir, ".air-executor"));
    for (const pid of [engine.pid!, ...runners]) signal(pid, "SIGKILL");
    await ended;
    const { code, stderr } = await run(["run", "job.json", "--grace-period", "1"], { env });
    assert.deepEqual([code, task().attempts, task().exit_code], [0, 2, 0], stderr);
  });
}
