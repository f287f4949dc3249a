/** A task whose engine was killed runs on in one container, and an engine in another one on the same directory is to end it. */

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { untilHolds } from "../support/shell-loops.js";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground } from "./support/cli.js";

const WHY =
  'nothing is heard of task "long": it runs in another container, where alone it can be ended; waiting until it has ended';

test("what can't be ended from this container is named by whoever is to end it and by status, and waited for", async (context) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return context.skip("needs root, for a pid namespace of its own");
  const { dir, write, start, run } = makePlayground(context);
  const command = ["sh", "-c", `touch begun; ${untilHolds("[ -e go ]")}; touch done`];
  write("job.json", [{ id: "long", command: command[0], args: command.slice(1) }]);
  const first = start(["run", "job.json"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "begun"))));
  first.process.kill("SIGKILL");
  await first.ended;

  const cancel = follow("unshare", ["--pid", "--fork", "--mount-proc", process.execPath, main, "cancel", "job"], dir, {});
  let said = "";
  cancel.process.stderr.on("data", (text: string) => (said += text));
  assert.ok(await waitUntil(() => said.includes(WHY)), said);
  let status: unknown;
  for (let round = 0; round < 20 && status !== WHY; round++) {
    status = (JSON.parse((await run(["status", "job", "--json"])).stdout) as { waits_for: unknown }).waits_for;
  }
  assert.equal(status, WHY);
  writeFileSync(join(dir, "go"), "");
  const { code, stderr } = await cancel.ended;
  assert.equal(code, 0, stderr);
  assert.ok(existsSync(join(dir, "done")));
});
