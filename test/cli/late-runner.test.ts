/** A time limit counts from the moment at which the task begins, however long the machine takes to come to that. */

import assert from "node:assert/strict";
import { chmodSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { main, makePlayground } from "./support/cli.js";

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
