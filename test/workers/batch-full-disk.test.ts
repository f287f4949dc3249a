import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { PoolRig } from "../fixtures/pool-rig.js";

const LIMIT = { timeout: 30_000 };

test("on a full disk what ended in a batch has ended, and what could not be recorded is not begun", LIMIT, async (t) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return t.skip("mounting a small tmpfs needs root on Linux");
  const directory = mkdtempSync(join(tmpdir(), "air-workers-"));
  const lanes = join(directory, "lanes");
  mkdirSync(lanes);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", lanes]);
  const rig = await new PoolRig({ concurrency: 1, directory }).open();
  t.after(async () => {
    await rig.pool.close();
    execFileSync("umount", [lanes]);
    rmSync(directory, { recursive: true });
  });
  await rig.run("true");
  const spool = join(lanes, readdirSync(lanes)[0]!);
  // The page takes the first begin and nothing more.
  appendFileSync(spool, "x".repeat(4096 - statSync(spool).size - "b 500\n".length));
  const keys = rig.startBatch([
    { key: 500, log: rig.logPath(500), command: "sh", args: ["-c", "cat /dev/zero >lanes/fill; exit 7"] },
    "echo never",
    "echo never",
  ]);
  const [ended, ...unrecorded] = await rig.reports(keys);
  assert.deepEqual(ended!.result, { kind: "exited", exitCode: 7 });
  for (const { result, isHandedBack } of unrecorded) {
    assert.deepEqual(result, { kind: "not-begun", message: "its start could not be recorded" });
    assert.equal(isHandedBack, undefined, "the disk is to blame, and it needs time");
  }
  assert.equal((await rig.run("true")).result.kind, "not-begun");
  rmSync(join(lanes, "fill"));
  assert.deepEqual((await rig.run("true")).result, { kind: "exited", exitCode: 0 });
  assert.equal(existsSync(rig.logPath(keys[1]!)), false);
});
