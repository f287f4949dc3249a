/** Jobs on file systems that lack something which ext4 has, as real users mount them: of an image, over the network, from a stick. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { faultEnvironment } from "../support/engine.js";
import { follow, main, makePlayground } from "./support/cli.js";

const isRoot = process.geteuid?.() === 0 && process.platform === "linux";
const preload = new URL("../support/fault-preload.js", import.meta.url).href;
const tasks = [{ id: "a", command: "echo", args: ["of a"] }];

test("jobs that an image has brought along, which overlayfs does not rename, are run again and removed", async (t) => {
  if (!isRoot) return t.skip("needs root, to mount");
  const { dir, write, run } = makePlayground(t);
  for (const name of ["one", "two"]) assert.equal((await run(["run", write(`${name}.json`, tasks)])).code, 0);
  const own = makePlayground(t).dir;
  const script = `
    mount -t tmpfs none "$PWD" && cd "$PWD" && mkdir upper work top &&
    mount -t overlay overlay -o lowerdir="$3",upperdir=upper,workdir=work top || exit 99
    cd top; "$1" "$2" run one.json && "$1" "$2" logs one a --attempt 1 && cat .air-executor/jobs/one/runs/*/logs/a.log &&
    "$1" "$2" rm two && ls .air-executor/jobs`;
  const { code, stdout, stderr } = await follow("unshare", ["-m", "sh", "-c", script, "sh", process.execPath, main, dir], own, {})
    .ended;
  if (code === 99) return t.skip(`no overlay can be mounted here: ${stderr}`);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "of a\nof a\none\n");
});

test("where files can't have a second name an earlier run is kept all the same", async (t) => {
  const { dir, write, run } = makePlayground(t);
  const args = ["run", write("job.json", tasks)];
  assert.equal((await run(args)).code, 0);
  const journal = readFileSync(join(dir, ".air-executor/jobs/job/journal.ndjson"), "utf8");
  const env = faultEnvironment(dir, [{ kind: "fail", call: "linkSync", path: "/journal.ndjson", nth: 1, code: "EPERM" }]);
  const { code, stderr } = await follow(process.execPath, ["--import", preload, main, ...args], dir, env).ended;
  assert.equal(code, 0, stderr);
  const runs = join(dir, ".air-executor/jobs/job/runs");
  assert.equal(readFileSync(join(runs, readdirSync(runs)[0]!, "journal.ndjson"), "utf8"), journal);
});

test("a job is removed whole where what is open can't be, as in file systems of FUSE and of the network", async (t) => {
  if (!isRoot || !existsSync("/dev/fuse") || spawnSync("bindfs", ["--version"]).status !== 0)
    return t.skip("needs root, FUSE and bindfs");
  const { dir, write, run } = makePlayground(t);
  for (const place of ["below", "shown"]) mkdirSync(join(dir, place));
  const shown = join(dir, "shown");
  if (spawnSync("bindfs", [join(dir, "below"), shown]).status !== 0) return t.skip("bindfs can't mount here");
  try {
    const place = ["--dir", join(shown, "air")];
    await run(["run", write("job.json", tasks), ...place]);
    const { code, stderr } = await run(["rm", "job", ...place]);
    assert.deepEqual([code, stderr], [0, "job job removed\n"]);
    assert.deepEqual(readdirSync(join(shown, "air/removed")), []);
  } finally {
    spawnSync("umount", ["-l", shown]);
  }
});
