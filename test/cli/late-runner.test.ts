/** A time limit counts from the moment at which the task begins, however long the machine takes to come to that. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { areGone, runnersOf } from "../support/processes.js";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground } from "./support/cli.js";

const native = join(dirname(main), `runner-${process.platform}-${process.arch}`);

test("a task whose runner is slow to come up has its whole time all the same", async (t) => {
  const { run, write, dir } = makePlayground(t);
  const late = write("late-runner", `#!/bin/sh\nsleep 2.5\nexec '${native}' "$@"\n`);
  chmodSync(late, 0o755);
  write("job.json", { tasks: [{ id: "quick", command: "sleep", args: ["1"], timeout: 3 }] });
  const { code, stderr } = await run(["run", "job.json"], { env: { AIR_EXECUTOR_RUNNER: late } });
  assert.equal(code, 0, stderr);
  const [task] = JSON.parse(readFileSync(join(dir, ".air-executor/jobs/job/tasks.json"), "utf8")) as { attempts: number }[];
  assert.equal(task!.attempts, 1);
});

test("a portable runner that comes up when its engine is dead begins nothing: it could not tell its tasks' environment byte for byte", async (t) => {
  if (process.platform !== "linux") return t.skip("needs /proc: elsewhere no process can read another one's environment");
  const { dir, write } = makePlayground(t);
  write("hold", "");
  const portable = join(dirname(main), "portable-runner.cjs");
  const late = write(
    "late-runner",
    `#!/bin/sh\nwhile [ -e '${dir}/hold' ]; do sleep 0.05; done\nexec '${process.execPath}' '${portable}' "$@"\n`,
  );
  chmodSync(late, 0o755);
  write("job.json", [{ id: "a", command: "sh", args: ["-c", 'echo "$AIR_EXECUTOR_ATTEMPT $RAW" >> ran'] }]);
  const begin = `RAW=$(printf 'x\\377') && export RAW && exec "$@"`;
  const command = ["-c", begin, "sh", process.execPath, main, "run", "job.json", "-q"];
  const killed = follow("sh", command, dir, { AIR_EXECUTOR_RUNNER: late });
  // That comes a moment after the task has been handed over.
  const tasks = join(dir, ".air-executor/jobs/job/tasks.json");
  assert.ok(await waitUntil(() => existsSync(tasks) && readFileSync(tasks, "utf8").includes('"running"')));
  assert.ok(await waitUntil(() => runnersOf(dir).length > 0));
  const gone = once(killed.process, "exit");
  killed.process.kill("SIGKILL");
  await gone;
  rmSync(join(dir, "hold"));
  assert.ok(await areGone(dir));
  const { code, stderr } = await follow("sh", command, dir, {}).ended;
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(join(dir, "ran"), "latin1"), "1 x\xff\n");
});
