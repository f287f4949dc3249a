/** The kernel kills a task for want of memory, in a control group of its own: root alone can make one. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground } from "./support/cli.js";

/** A control group of so much memory below ours; null if we may not make one. */
function limitedGroup(t: TestContext, bytes: number): string | null {
  const groups = readFileSync("/proc/self/cgroup", "utf8");
  const [, old] = /^\d+:memory:(.*)$/m.exec(groups) ?? [];
  const [, unified = ""] = /^0::(.*)$/m.exec(groups) ?? [];
  const parent = old === undefined ? `/sys/fs/cgroup${unified}` : `/sys/fs/cgroup/memory${old}`;
  const group = join(parent, `air-executor-test-${process.pid}`);
  try {
    mkdirSync(group);
    t.after(async () => {
      await waitUntil(() => readFileSync(join(group, "cgroup.procs"), "utf8") === "");
      rmdirSync(group);
    });
    writeFileSync(join(group, old === undefined ? "memory.max" : "memory.limit_in_bytes"), String(bytes));
    return group;
  } catch {
    return null;
  }
}

test("a task that the kernel killed for want of memory says so, also through a shell; one that somebody killed does not", async (t) => {
  const group = process.platform === "linux" ? limitedGroup(t, 500_000_000) : null;
  if (group === null) return t.skip("needs the right to make a control group");
  const { dir, write } = makePlayground(t);
  const killed = { command: "sh", args: ["-c", "kill -9 $$"] };
  write("job.json", [
    { id: "before", ...killed },
    { id: "eater", command: "tail", args: ["/dev/zero"], dependencies: ["before"], trigger_rule: "all_done" },
    { id: "shell", command: "sh", args: ["-c", "tail /dev/zero; exit $?"], dependencies: ["eater"], trigger_rule: "all_done" },
    { id: "after", ...killed, dependencies: ["shell"], trigger_rule: "all_done" },
  ]);
  const script = `echo $$ > "$1/cgroup.procs" && exec "$0" run job.json --name job -q`;
  const { code, stderr } = await follow("sh", ["-c", script, main, group], dir, {}).ended;
  assert.equal(code, 1, stderr);
  const tasks = JSON.parse(readFileSync(join(dir, ".air-executor/jobs/job/tasks.json"), "utf8")) as {
    id: string;
    error: string;
  }[];
  assert.deepEqual(
    tasks.map(({ id, error }) => [id, error]),
    [
      ["before", "killed by SIGKILL"],
      ["eater", "killed by SIGKILL (out of memory)"],
      ["shell", "exit code 137 (out of memory)"],
      ["after", "killed by SIGKILL"],
    ],
  );
});
