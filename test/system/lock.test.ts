import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { AirError } from "../../src/domain/errors.js";
import { lookAtHolder } from "../../src/system/lock-holder.js";
import { takeLock } from "../../src/system/lock.js";
import { temporaryDirectory } from "../store/sample-job.js";

const lockModule = fileURLToPath(new URL("../../src/system/lock.js", import.meta.url));

/** A process that takes the lock, says so, and sleeps. */
async function holder(t: TestContext, path: string): Promise<ReturnType<typeof spawn>> {
  const script = `import { takeLock } from ${JSON.stringify(lockModule)};
    await takeLock(process.argv[1], "it"); console.log("held"); setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test("a second taker is told who holds it and since when", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const child = await holder(t, path);
  await assert.rejects(takeLock(path, 'job "etl"'), {
    code: "AIR_LOCKED",
    message: new RegExp(
      `^job "etl" is held by process ${child.pid} since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z: wait for it, or stop it first\\.$`,
    ),
  });
});

test("a lock is gone with its owner after kill -9, and holds through SIGSTOP", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const child = await holder(t, path);
  child.kill("SIGSTOP");
  await assert.rejects(takeLock(path, "it"), { code: "AIR_LOCKED" });
  child.kill("SIGKILL");
  await once(child, "exit");
  (await takeLock(path, "it")).release();
});

test("a released lock can be taken again, and subprocesses of its owner don't inherit it", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const lock = await takeLock(path, "it");
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  lock.release();
  assert.equal(lookAtHolder(path).answer, "no", "its file names us no longer");
  (await takeLock(path, "it")).release();
});

test("a lock file that was replaced does not count", async (t) => {
  const dir = temporaryDirectory(t);
  const path = join(dir, "lock");
  await holder(t, path);
  renameSync(path, join(dir, "old"));
  writeFileSync(path, "");
  (await takeLock(path, "it")).release();
});

test("of twenty that want it at the same instant exactly one gets it", async (t) => {
  const path = join(temporaryDirectory(t), "lock");
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path, "it")));
  const locks = results.filter((result) => result.status === "fulfilled");
  assert.equal(locks.length, 1);
  for (const result of results) if (result.status === "rejected") assert.equal(result.reason.code, "AIR_LOCKED");
  locks[0]!.value.release();
});

test("a flock that fails for another reason than a holder is trouble of the machine, told with its exit code", async (t) => {
  const dir = temporaryDirectory(t);
  const { PATH } = process.env;
  t.after(() => (process.env["PATH"] = PATH));
  process.env["PATH"] = `${dir}:${PATH}`;
  writeFileSync(join(dir, "flock"), "#!/bin/sh\nexit 71\n", { mode: 0o755 });
  const wanted = ["a", "b", "c"].map((name) => takeLock(join(dir, name), "it"));
  for (const { status, reason } of await settledAs(wanted)) {
    assert.deepEqual([status, reason?.code], ["rejected", "AIR_SYSTEM"]);
    assert.match(reason?.message ?? "", /exit code 71/);
  }
});

async function settledAs(promises: readonly Promise<unknown>[]): Promise<{ status: string; reason?: AirError }[]> {
  return Promise.allSettled(promises);
}
