/** Looks have three answers: what can't be told is neither there nor gone. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { takeLock } from "../../src/system/lock/lock.js";
import { lookAtLock } from "../../src/system/lock/lock-look.js";
import { identify, isAlive } from "../../src/system/process/process-identity.js";
import { readProcess } from "../../src/system/process/process-table.js";
import { certain } from "../../src/system/look/look.js";

const LIMIT = { timeout: 30_000 };
const STARVED = fileURLToPath(new URL("./without-handles.js", import.meta.url));
const moduleAt = (path: string): string => new URL(`../../src/system/${path}.js`, import.meta.url).href;

/** What a process without a single free handle answers. */
function starved(module: string, look: string, ...args: unknown[]): string {
  const argv = ["-c", 'ulimit -n 40; exec "$@"', "sh", process.execPath, STARVED, moduleAt(module), look, JSON.stringify(args)];
  const { stdout, stderr } = spawnSync("sh", argv, { encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  return (JSON.parse(stdout) as { answer: string }).answer;
}

async function endedProcess(): Promise<number> {
  const child = spawn("true");
  await once(child, "exit");
  return child.pid!;
}

test("a process that ended is gone, one that runs is there", LIMIT, async () => {
  const me = certain(identify(process.pid))!;
  assert.equal(isAlive(me).answer, "yes");
  assert.equal(isAlive({ ...me, start: me.start + 1 }).answer, "no", "another process has its pid");
  assert.equal(isAlive({ ...me, bootId: "other" }).answer, "no", "it was before the last boot");
  assert.equal(readProcess(await endedProcess()).answer, "no");
  for (const pid of [0, -1, 1.5, NaN, 2 ** 40]) assert.equal(readProcess(pid).answer, "no", `no process has the pid ${pid}`);
});

test("without a file handle a process that runs is not gone, and one that is gone still is", LIMIT, async () => {
  const gone = await endedProcess();
  assert.equal(starved("process/process-table", "readProcess", process.pid), "unknown");
  assert.equal(starved("process/process-table", "readProcess", gone), "no");
  assert.equal(starved("process/process-table", "readProcesses"), "unknown", "a list that lacks some is none");
  assert.equal(
    starved("process/process-identity", "isAlive", { bootId: "x", pid: gone, start: 1 }),
    "unknown",
    "nor is it another boot",
  );
});

test("a lock is held, free, or nobody can tell", LIMIT, async () => {
  const dir = mkdtempSync(join(tmpdir(), "air-executor-lock-"));
  const path = join(dir, "lock");
  try {
    assert.equal(lookAtLock(path).answer, "no", "there is no such file");
    writeFileSync(path, "");
    assert.equal(lookAtLock(path).answer, "no");
    const lock = await takeLock(path, "it");
    assert.equal(lookAtLock(path).answer, "yes");
    assert.equal(starved("lock/lock-look", "lookAtLock", path), "unknown");
    const { PATH } = process.env;
    process.env["PATH"] = dir;
    assert.equal(lookAtLock(path).answer, "unknown", "there is no flock");
    process.env["PATH"] = PATH;
    lock.release();
    assert.equal(lookAtLock(path).answer, "no");
    assert.equal(lookAtLock(join(path, "below")).answer, "unknown", "a file is in the place of its directory");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a lock that can't be asked for because no handle is left is told so, and not as a missing program", LIMIT, () => {
  assert.match(starved("lock/flock", "flock", 0), /EMFILE/);
  assert.doesNotMatch(starved("lock/flock", "flock", 0), /install/);
});
