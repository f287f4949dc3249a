import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryPlace } from "../support/temporary-directory.js";

const scene = fileURLToPath(new URL("../support/pid-reuse-scene.js", import.meta.url));

test("a process that has got a dead runner's pid is neither taken for the runner nor ended", (t) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return t.skip("needs root, for a pid namespace of its own");
  const { dir, witness } = temporaryPlace(t);
  // A shell as the first process: it reaps what has lost its parent, so that pids become free.
  const init = ["sh", "-c", '"$@"; exit $?', "sh", process.execPath, scene, dir, witness];
  const argv = ["--pid", "--fork", "--kill-child", "--mount-proc", ...init];
  const { status, stdout, stderr } = spawnSync("unshare", argv, { encoding: "utf8", timeout: 60_000 });
  if (status === 77) return t.skip(stdout.trim());
  assert.equal(status, 0, `${stdout}${stderr}`);
});
